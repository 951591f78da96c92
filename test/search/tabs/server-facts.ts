// Server facts: the servers of a play, and what is known of their sessions, tokens and cookie.
import '../synchronous-crypto.ts'
import { createMockAuthServer, type MockAuthServer, type WireResponse } from 'everbearer/mock'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import { ada, grace } from '../../support/setups/test-client.ts'
import type { Draw } from '../browser/draws.ts'
import {
  createNetwork,
  type NetworkRequest,
  type ProfileNetwork,
  pageOrigin
} from '../browser/network.ts'
import { readClaims, readIssued, readReissued, type ServerSession, type Watcher } from './facts.ts'
import type { Conditions } from './steps.ts'

/** A server with its own sessions and its own cookie. */
interface Backend {
  readonly server: MockAuthServer
  readonly network: ProfileNetwork
}

export interface ServerFacts {
  readonly backend: Backend
  /** The server of the second clients. */
  readonly secondBackend: Backend
  readonly sessions: ReadonlyMap<string, ServerSession>
  /** All tokens that the servers have issued. */
  readonly tokens: ReadonlySet<string>
  cookieSession(): string | undefined
}

export function createServerFacts(
  conditions: Conditions,
  clock: ManualClock,
  draw: Draw,
  watchers: readonly Watcher[],
  now: () => number
): ServerFacts {
  const sessions = new Map<string, ServerSession>()
  const tokens = new Set<string>()
  let cookieSid: string | undefined

  function noteIssued(request: NetworkRequest, response: WireResponse): void {
    const issued = readIssued(response)
    const claims = readClaims(issued)
    for (const token of [issued, readReissued(response)]) if (token) tokens.add(token)
    if (claims === undefined || !request.url.endsWith('/login')) return
    const { call } = JSON.parse(request.body) as { readonly call?: number }
    sessions.set(claims.sid, { sub: claims.sub, beganAt: call ?? now() })
  }

  function createBackend(isSecond: boolean): Backend {
    const server = createMockAuthServer({
      accessTokenSeconds: conditions.accessTokenSeconds,
      refreshGraceSeconds: conditions.graceSeconds,
      allowedOrigins: [pageOrigin],
      users: [ada, grace],
      now: clock.trueNow
    })
    const network = createNetwork(server, clock, draw, conditions.network, {
      onServed(request, response) {
        noteIssued(request, response)
        for (const watcher of watchers) watcher.onServed?.(request, response)
      },
      onCookie(response) {
        if (!isSecond) cookieSid = readClaims(readIssued(response))?.sid
      }
    })
    return { server, network }
  }

  const backend = createBackend(false)
  return {
    backend,
    secondBackend: conditions.hasSecondClient ? createBackend(true) : backend,
    sessions,
    tokens,
    cookieSession: () => cookieSid
  }
}
