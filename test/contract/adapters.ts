// The doors that the contract is tried through, and what does not hold behind each, with the reason.
import type { Case, Need } from './cases.ts'

export interface ContractDoor {
  readonly id: string
  /** Where the server and its client are. */
  readonly title: string
  readonly client: 'fetch' | 'XMLHttpRequest' | 'node:http'
  readonly has: readonly Need[]
  /** What does not hold: the beginning of a case's name, and why. */
  readonly gaps: Readonly<Record<string, string>>
}

const page: readonly Need[] = ['a page', 'a jar of its own']
const pageAndMode: readonly Need[] = [...page, 'a credentials mode']

const foreignOrigins = 'a token on its way to another origin'
const cutBodies = 'an answer that is cut'
const cookiesOfCutAnswers = 'the cookie of an answer that was cut'
const hangingCalls = 'a call that hangs'
const omittedCredentials = 'a refresh that omits credentials'
const pagesAbroad = 'a page of another origin'
const cookiesAbroad = 'the cookie serves a page of another origin'
const pagesRefused = 'a page whose origin is not allowed'

const alwaysSends = {
  [omittedCredentials]:
    'msw 2.15 adds its own cookies to every request, whatever its credentials mode'
}
const xhrOfMsw2 = {
  [cutBodies]: 'the XMLHttpRequest of msw 2.15 never ends when a body fails',
  [cookiesOfCutAnswers]: 'the XMLHttpRequest of msw 2.15 never ends when a body fails',
  [hangingCalls]: 'the XMLHttpRequest of msw 2.15 cannot be aborted while a handler is at work'
}
const seesOnlyItsOwn = {
  [foreignOrigins]: 'the server sees only the calls that come to it'
}
const noBrowser = 'there is no browser in between, and a port plays none'

export const adapters: readonly ContractDoor[] = [
  {
    id: 'fetch-node',
    title: 'the fetch door in Node',
    client: 'fetch',
    has: ['a credentials mode'],
    gaps: seesOnlyItsOwn
  },
  {
    id: 'fetch-happy-dom',
    title: 'the fetch door in happy-dom',
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
        'the XMLHttpRequest of happy-dom reads `withCredentials` when it is opened, before anybody has set it'
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
    gaps: { [cookiesOfCutAnswers]: 'jsdom keeps the cookies of whole answers only' }
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
    has: ['a jar of its own'],
    gaps: {
      ...seesOnlyItsOwn,
      [pagesAbroad]: noBrowser,
      [pagesRefused]: noBrowser
    }
  }
]

export function adapterOf(id: string): ContractDoor {
  const adapter = adapters.find((one) => one.id === id)
  if (adapter === undefined) throw new Error(`there is no adapter ${id}`)
  return adapter
}

/** Does the case mean anything behind this door? */
export function isNeeded({ has }: ContractDoor, { needs }: Case): boolean {
  return needs === undefined || has.includes(needs)
}

export function gapOf({ gaps }: ContractDoor, { name }: Case): string | undefined {
  return Object.entries(gaps).find(([beginning]) => name.startsWith(beginning))?.[1]
}
