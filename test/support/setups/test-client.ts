// Test client: a client, a virtual browser and a mock server. The client is disposed of when the
// test ends.
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

export interface ClientSetup {
  readonly auth: AuthClient
  readonly server: MockAuthServer
  readonly browser: VirtualBrowser
  readonly clock: ManualClock
  /** All events, in order. */
  readonly events: { readonly name: keyof AuthEvents; readonly event: unknown }[]
  /** Loads the page again in the same browser, and returns the new client. */
  reload(options?: AuthClientOptions): AuthClient
  /** Resolves when no request is in flight and the results of the last one are processed. */
  idle(): Promise<void>
  callsTo(route: MockRoute): readonly MockCall[]
  /** The names of all events, in order. */
  eventNames(): (keyof AuthEvents)[]
}

export function setUpClient(
  options: AuthClientOptions = {},
  serverOptions: MockAuthServerOptions = {},
  deviceOffsetMs = 0
): ClientSetup {
  const clock = createManualClock(deviceOffsetMs)
  const server = createMockAuthServer({
    allowedOrigins: [pageOrigin],
    users: [{ ...ada, claims: { role: 'admin' } }, grace],
    now: clock.trueNow,
    ...serverOptions
  })
  const browser = createVirtualBrowser(server)
  const events: ClientSetup['events'] = []

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
