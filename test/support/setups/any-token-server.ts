// Any-token server: a client and a server that issues the tokens of the test. The server accepts
// each token for the time that the test sets.
import type { AuthClient, AuthClientOptions } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { WireRequest, WireResponse } from 'everbearer/mock'
import { onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import { eventNames } from './test-client.ts'
import { apiOrigin, createVirtualBrowser, type VirtualBrowser } from './virtual-browser.ts'

export interface MintedToken {
  /** The answer of /login and /refresh; its `access_token` is what the server accepts. */
  readonly body: { readonly access_token: string } & Readonly<Record<string, unknown>>
  /** How long the server accepts the token. */
  readonly acceptedSeconds: number
  /** Headers of the answer. */
  readonly headers?: WireResponse['headers']
}

/** Makes the nth token, counted from 1. `nowMs` is the time of the server. */
export type Mint = (nth: number, nowMs: number) => MintedToken

export interface TokenServerSetup {
  readonly auth: AuthClient
  readonly browser: VirtualBrowser
  readonly clock: ManualClock
  /** When each `/refresh` arrived, by the server's clock. */
  readonly refreshedAt: readonly number[]
  /** The statuses of all answers of the API. */
  readonly statuses: readonly number[]
  /** The delays of all timers. */
  readonly delays: readonly number[]
  readonly events: readonly { readonly name: string; readonly event: unknown }[]
  /** Refuses every token that was issued so far. */
  revoke(): void
}

export function setUpTokenServer(
  mint: Mint,
  options: AuthClientOptions = {},
  deviceOffsetMs = 0
): TokenServerSetup {
  const clock = createManualClock(deviceOffsetMs)
  const live = new Map<string, number>()
  const refreshedAt: number[] = []
  const statuses: number[] = []
  const delays: number[] = []
  const events: { name: string; event: unknown }[] = []
  let issued = 0

  function issue(): WireResponse {
    issued += 1
    const { body, acceptedSeconds, headers } = mint(issued, clock.trueNow())
    // Issuing a token again does not shorten its time.
    const endMs = clock.trueNow() + acceptedSeconds * 1000
    live.set(body.access_token, Math.max(live.get(body.access_token) ?? 0, endMs))
    return answer(200, body, headers)
  }

  const browser = createVirtualBrowser({
    owns: ({ url }) => ['/login', '/refresh', '/logout'].includes(new URL(url).pathname),
    async handle({ url }) {
      if (url.endsWith('/logout')) return answer(204, '')
      if (url.endsWith('/refresh')) refreshedAt.push(clock.trueNow())
      return issue()
    },
    async guard(request) {
      const endMs = live.get(readBearer(request)) ?? 0
      const status = clock.trueNow() < endMs ? 200 : 401
      statuses.push(status)
      return answer(status, {})
    }
  })
  const auth = createAuthClient({
    baseURL: apiOrigin,
    spreadRefreshes: false,
    restore: 'never',
    ...options,
    platform: {
      ...clock.platform,
      ...browser.platform,
      random: () => 0.5,
      setTimer(callback, delayMs) {
        delays.push(delayMs)
        return clock.platform.setTimer(callback, delayMs)
      },
      ...options.platform
    }
  })
  auth.axios.defaults.adapter = browser.adapter
  for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
  onTestFinished(auth.dispose)

  return {
    auth,
    browser,
    clock,
    refreshedAt,
    statuses,
    delays,
    events,
    revoke: () => live.clear()
  }
}

function answer(
  status: number,
  body: unknown,
  headers: WireResponse['headers'] = []
): WireResponse {
  return {
    status,
    headers: [['Content-Type', 'application/json'], ...headers],
    setCookies: [],
    body: typeof body === 'string' ? body : JSON.stringify(body)
  }
}

function readBearer({ headers }: WireRequest): string {
  const [, value = ''] = headers.find(([name]) => name.toLowerCase() === 'authorization') ?? []
  return value.replace(/^Bearer /, '')
}
