// A client at a server that hands out whatever tokens a test likes, and accepts each for as long as it truly lives.
import type { AuthClient, AuthClientOptions } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { WireRequest, WireResponse } from 'everbearer/mock'
import { onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import { eventNames } from './test-client.ts'
import { apiOrigin, createVirtualBrowser, type VirtualBrowser } from './virtual-browser.ts'

export interface Minted {
  /** The answer of /login and /refresh; its `access_token` is what the server accepts. */
  readonly body: { readonly access_token: string } & Readonly<Record<string, unknown>>
  /** For how long the server accepts it. */
  readonly livesSeconds: number
}

/** Mints the nth token, counted from 1, at this time of the server. */
export type Mint = (nth: number, nowMs: number) => Minted

export interface MintBed {
  readonly auth: AuthClient
  readonly browser: VirtualBrowser
  readonly clock: ManualClock
  /** When each /refresh arrived, by the true clock. */
  readonly refreshedAt: readonly number[]
  /** What the API has answered. */
  readonly statuses: readonly number[]
  /** Every delay that a timer was set to. */
  readonly delays: readonly number[]
  readonly events: readonly { readonly name: string; readonly event: unknown }[]
  /** Refuses every token that was issued so far. */
  revoke(): void
}

export function createMintBed(mint: Mint, options: AuthClientOptions = {}): MintBed {
  const clock = createManualClock()
  const live = new Map<string, number>()
  const refreshedAt: number[] = []
  const statuses: number[] = []
  const delays: number[] = []
  const events: { name: string; event: unknown }[] = []
  let issued = 0

  function issue(): WireResponse {
    issued += 1
    const { body, livesSeconds } = mint(issued, clock.trueNow())
    // A token that is handed out again lives no shorter for it.
    const diesMs = clock.trueNow() + livesSeconds * 1000
    live.set(body.access_token, Math.max(live.get(body.access_token) ?? 0, diesMs))
    return answer(200, body)
  }

  const browser = createVirtualBrowser({
    owns: ({ url }) => ['/login', '/refresh', '/logout'].includes(new URL(url).pathname),
    async handle({ url }) {
      if (url.endsWith('/logout')) return answer(204, '')
      if (url.endsWith('/refresh')) refreshedAt.push(clock.trueNow())
      return issue()
    },
    async guard(request) {
      const dies = live.get(readBearer(request)) ?? 0
      const status = clock.trueNow() < dies ? 200 : 401
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

/** An unsigned JWT: the client never looks at a signature. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part(claims)}.c2ln`
}

function answer(status: number, body: unknown): WireResponse {
  return {
    status,
    headers: [['Content-Type', 'application/json']],
    setCookies: [],
    body: typeof body === 'string' ? body : JSON.stringify(body)
  }
}

function readBearer({ headers }: WireRequest): string {
  const [, value = ''] = headers.find(([name]) => name.toLowerCase() === 'authorization') ?? []
  return value.replace(/^Bearer /, '')
}
