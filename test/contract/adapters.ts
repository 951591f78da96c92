// Adapters of the contract: each pair of adapter and client, with its known gaps.
import type { Case, Need } from './cases.ts'

export interface ContractAdapter {
  readonly id: string
  /** The adapter and the environment of its client. */
  readonly title: string
  readonly client: 'fetch' | 'XMLHttpRequest' | 'node:http'
  readonly has: readonly Need[]
  /** Known gaps: the beginning of a case's name, and the reason. */
  readonly gaps: Readonly<Record<string, string>>
}

const page: readonly Need[] = ['a page', 'its own cookie jar']
const pageAndMode: readonly Need[] = [...page, 'a credentials mode']

const foreignOrigins = 'reports a token that is sent to another origin'
const cutBodies = 'fails a request if its answer is cut'
const cookiesOfCutAnswers = 'delivers the cookie of a cut answer'
const hangingCalls = 'ends a hanging call'
const omittedCredentials = 'reports a refresh that omits credentials'
const exposedHeaders = 'shows only exposed headers'
const blockedHeaders = 'blocks a header'
const cookiesAbroad = 'accepts the cookie from a page of another origin'
const pagesRefused = 'answers nothing to a page'

const alwaysSends = {
  [omittedCredentials]: 'msw 2.15 adds its own cookies to every request, in every credentials mode'
}
const xhrOfMsw2 = {
  [cutBodies]: 'the XMLHttpRequest of msw 2.15 never ends when a body fails',
  [cookiesOfCutAnswers]: 'the XMLHttpRequest of msw 2.15 never ends when a body fails',
  [hangingCalls]: 'the XMLHttpRequest of msw 2.15 cannot be aborted while a handler runs'
}
const seesOnlyItsOwn = {
  [foreignOrigins]: 'the server sees only the calls that reach it'
}
const noBrowser =
  'there is no browser between client and server, and the server does not emulate one on a port'

export const adapters: readonly ContractAdapter[] = [
  {
    id: 'fetch-node',
    title: 'the fetch adapter in Node',
    client: 'fetch',
    has: ['a credentials mode'],
    gaps: seesOnlyItsOwn
  },
  {
    id: 'fetch-happy-dom',
    title: 'the fetch adapter in happy-dom',
    client: 'fetch',
    has: ['a page', 'a credentials mode'],
    gaps: seesOnlyItsOwn
  },
  { id: 'msw-3-node-fetch', title: 'msw 3 in Node', client: 'fetch', has: [], gaps: {} },
  { id: 'msw-3-node-http', title: 'msw 3 in Node', client: 'node:http', has: [], gaps: {} },
  { id: 'msw-2-node-fetch', title: 'msw 2.15 in Node', client: 'fetch', has: [], gaps: {} },
  { id: 'msw-2-node-http', title: 'msw 2.15 in Node', client: 'node:http', has: [], gaps: {} },
  {
    id: 'msw-3-happy-dom-fetch',
    title: 'msw 3 in happy-dom',
    client: 'fetch',
    has: pageAndMode,
    gaps: {}
  },
  {
    id: 'msw-3-happy-dom-xhr',
    title: 'msw 3 in happy-dom',
    client: 'XMLHttpRequest',
    has: page,
    gaps: {
      [cookiesAbroad]:
        'the XMLHttpRequest of happy-dom reads `withCredentials` in `open()`, before a script can set it'
    }
  },
  {
    id: 'msw-2-happy-dom-fetch',
    title: 'msw 2.15 in happy-dom',
    client: 'fetch',
    has: pageAndMode,
    gaps: alwaysSends
  },
  {
    id: 'msw-2-happy-dom-xhr',
    title: 'msw 2.15 in happy-dom',
    client: 'XMLHttpRequest',
    has: page,
    gaps: xhrOfMsw2
  },
  {
    id: 'msw-3-jsdom-fetch',
    title: 'msw 3 in jsdom',
    client: 'fetch',
    has: ['a page'],
    gaps: {}
  },
  {
    id: 'msw-3-jsdom-xhr',
    title: 'msw 3 in jsdom',
    client: 'XMLHttpRequest',
    has: page,
    gaps: { [cookiesOfCutAnswers]: 'jsdom stores only the cookies of complete answers' }
  },
  {
    id: 'msw-2-jsdom-fetch',
    title: 'msw 2.15 in jsdom',
    client: 'fetch',
    has: ['a page'],
    gaps: {}
  },
  {
    id: 'msw-2-jsdom-xhr',
    title: 'msw 2.15 in jsdom',
    client: 'XMLHttpRequest',
    has: page,
    gaps: xhrOfMsw2
  },
  {
    id: 'msw-3-chromium-fetch',
    title: 'msw 3 in Chromium’s service worker',
    client: 'fetch',
    has: pageAndMode,
    gaps: {}
  },
  {
    id: 'msw-3-chromium-xhr',
    title: 'msw 3 in Chromium’s service worker',
    client: 'XMLHttpRequest',
    has: page,
    gaps: {}
  },
  {
    id: 'msw-2-chromium-fetch',
    title: 'msw 2.15 in Chromium’s service worker',
    client: 'fetch',
    has: pageAndMode,
    gaps: alwaysSends
  },
  {
    id: 'msw-2-chromium-xhr',
    title: 'msw 2.15 in Chromium’s service worker',
    client: 'XMLHttpRequest',
    has: page,
    gaps: {}
  },
  {
    id: 'port-chromium-fetch',
    title: 'a port, from Chromium',
    client: 'fetch',
    has: pageAndMode,
    gaps: seesOnlyItsOwn
  },
  {
    id: 'port-chromium-xhr',
    title: 'a port, from Chromium',
    client: 'XMLHttpRequest',
    has: page,
    gaps: seesOnlyItsOwn
  },
  {
    id: 'express-node',
    title: 'Express on a port, from Node with a cookie jar',
    client: 'fetch',
    has: ['its own cookie jar'],
    gaps: {
      ...seesOnlyItsOwn,
      [exposedHeaders]: noBrowser,
      [blockedHeaders]: noBrowser,
      [pagesRefused]: noBrowser
    }
  }
]

export function adapterOf(id: string): ContractAdapter {
  const adapter = adapters.find((one) => one.id === id)
  if (adapter === undefined) throw new Error(`there is no adapter ${id}`)
  return adapter
}

/** Whether the case applies to this adapter. */
export function isNeeded({ has }: ContractAdapter, { needs }: Case): boolean {
  return needs === undefined || has.includes(needs)
}

export function gapOf({ gaps }: ContractAdapter, { name }: Case): string | undefined {
  return Object.entries(gaps).find(([beginning]) => name.startsWith(beginning))?.[1]
}
