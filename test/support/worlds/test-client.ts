// A client in a virtual browser with a mock auth server behind it; disposed of when the test ends.
import type { AuthClient, AuthClientOptions, AuthEvents } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { MockAuthServer, MockAuthServerOptions, MockCall, MockRoute } from 'everbearer/mock'
import { createMockAuthServer } from 'everbearer/mock'
import { onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  pageOrigin,
  type VirtualBrowser
} from './virtual-browser.ts'

export const ada = { email: 'ada@example.com', password: 'lovelace' }
export const grace = { email: 'grace@example.com', password: 'hopper' }

export interface TestBed {
  readonly auth: AuthClient
  readonly server: MockAuthServer
  readonly browser: VirtualBrowser
  readonly clock: ManualClock
  /** Every event so far, by name. */
  readonly events: { readonly name: keyof AuthEvents; readonly event: unknown }[]
  /** Another page load in the same browser. */
  reload(options?: AuthClientOptions): AuthClient
  /** Resolves when no request is under way and everything that follows from the last one has happened. */
  idle(): Promise<void>
  callsTo(route: MockRoute): readonly MockCall[]
  /** The names of all events so far, in order. */
  eventNames(): (keyof AuthEvents)[]
}

export function createTestBed(
  options: AuthClientOptions = {},
  serverOptions: MockAuthServerOptions = {},
  deviceOffsetMs = 0
): TestBed {
  const clock = createManualClock(deviceOffsetMs)
  const server = createMockAuthServer({
    allowedOrigins: [pageOrigin],
    users: [{ ...ada, claims: { role: 'admin' } }, grace],
    now: clock.trueNow,
    ...serverOptions
  })
  const browser = createVirtualBrowser(server)
  const events: TestBed['events'] = []

  function load(changed: AuthClientOptions = {}): AuthClient {
    const { platform, ...rest } = { ...options, ...changed }
    const auth = createAuthClient({
      baseURL: apiOrigin,
      spreadRefreshes: false,
      restore: 'never',
      ...rest,
      platform: { ...clock.platform, ...browser.platform, ...platform }
    })
    auth.axios.defaults.adapter = browser.adapter
    for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
    onTestFinished(auth.dispose)
    return auth
  }

  return {
    auth: load(),
    server,
    browser,
    clock,
    events,
    reload: load,
    idle: browser.idle,
    callsTo: (route) => server.calls.filter((call) => call.route === route),
    eventNames: () => events.map(({ name }) => name)
  }
}

export const eventNames: readonly (keyof AuthEvents)[] = [
  'signed-in',
  'refresh-started',
  'refreshed',
  'refresh-settled',
  'reissued',
  'reissue-refused',
  'signed-out'
]
