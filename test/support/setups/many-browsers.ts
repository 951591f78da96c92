// Many browsers: any number of browsers and clients of one server. The manual clock sets the
// latency of the network.
import type { AuthClient, AuthClientOptions, AuthEvents } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { MockAuthServer, MockAuthServerOptions, WireResponse } from 'everbearer/mock'
import { createMockAuthServer } from 'everbearer/mock'
import { onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ada, eventNames, grace } from './test-client.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  type NetworkHooks,
  pageOrigin,
  type VirtualBrowser
} from './virtual-browser.ts'

/** The server, or a wrapper around it. */
export type Backend = Pick<MockAuthServer, 'handle' | 'owns' | 'guard'>

export interface BrowsersOptions {
  readonly server?: MockAuthServerOptions
  /** Wraps the server. */
  readonly wrap?: (server: MockAuthServer) => Backend
  /** Milliseconds for one direction. The label is `/me arrives` or `/me is answered`. */
  readonly latencyMs?: (label: string) => number
}

export interface BrowsersSetup {
  readonly clock: ManualClock
  readonly server: MockAuthServer
  openBrowser(hooks?: NetworkHooks): VirtualBrowser
  /** Opens a page with a client, which is disposed of when the test ends. */
  openPage(browser: VirtualBrowser, options?: AuthClientOptions): Page
  /** Lets time pass in steps, and settles after each step. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** Resolves when the server and all promises that need no timer are done. */
  settle(): Promise<void>
}

interface Page {
  readonly auth: AuthClient
  readonly events: { readonly name: keyof AuthEvents; readonly event: unknown }[]
}

export function setUpBrowsers(options: BrowsersOptions = {}): BrowsersSetup {
  const clock = createManualClock()
  const server = createMockAuthServer({
    allowedOrigins: [pageOrigin],
    users: [ada, grace],
    now: clock.trueNow,
    ...options.server
  })
  const backend = options.wrap?.(server) ?? server
  const random = createSeededRandom(1)
  let serving = 0

  async function serve(work: Promise<WireResponse>): Promise<WireResponse> {
    serving += 1
    return work.finally(() => {
      serving -= 1
    })
  }

  const watched: Backend = {
    owns: backend.owns,
    handle: (request, adapter) => serve(backend.handle(request, adapter)),
    guard: (request, respond, adapter) => serve(backend.guard(request, respond, adapter))
  }

  async function settle(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 3; ) {
      await new Promise((resolve) => setImmediate(resolve))
      quietTurns = serving === 0 ? quietTurns + 1 : 0
    }
  }

  async function travel(label: string): Promise<void> {
    const delayMs = options.latencyMs?.(label) ?? 0
    if (delayMs > 0) await wait(clock, delayMs)
  }

  return {
    clock,
    server,
    settle,
    openBrowser: (hooks = {}) => createVirtualBrowser(watched, { delay: travel, ...hooks }),
    openPage(browser, { platform, ...rest } = {}) {
      const auth = createAuthClient({
        baseURL: apiOrigin,
        spreadRefreshes: false,
        restore: 'never',
        ...rest,
        platform: { ...clock.platform, random, ...browser.platform, ...platform }
      })
      auth.axios.defaults.adapter = browser.adapter
      const events: Page['events'] = []
      for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
      onTestFinished(auth.dispose)
      return { auth, events }
    },
    async pass(ms, stepMs = 1) {
      await settle()
      for (let left = ms; left > 0; left -= stepMs) {
        clock.tick(Math.min(stepMs, left))
        await settle()
      }
    }
  }
}

/** Signs in while time passes, because the sign-in has latency too. */
export async function signIn(
  setup: BrowsersSetup,
  auth: AuthClient,
  user: object = ada
): Promise<void> {
  const signingIn = auth.login(user)
  let isDone = false
  signingIn.then(
    () => {
      isDone = true
    },
    () => {
      isDone = true
    }
  )
  await setup.settle()
  while (!isDone) await setup.pass(10, 10)
  await signingIn
}

function wait(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.platform.setTimer(resolve, ms)
  })
}

export function pathsOf(browser: VirtualBrowser): string[] {
  return browser.requests.map(({ url }) => new URL(url).pathname)
}

/** The number of requests that this browser has sent to the path. */
export function countOf(browser: VirtualBrowser, path: string): number {
  return pathsOf(browser).filter((one) => one === path).length
}

export function answer(
  status: number,
  body: unknown = {},
  headers: Record<string, string> = {}
): { readonly kind: 'answer'; readonly response: WireResponse } {
  const all = { 'Content-Type': 'application/json', ...headers }
  const response = {
    status,
    headers: Object.entries(all),
    setCookies: [],
    body: JSON.stringify(body)
  }
  return { kind: 'answer', response }
}
