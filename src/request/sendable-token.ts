// Sendable token: whether a request may carry the held token now.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { type ClientPlatform, readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { Endpoint, RefusalGuard } from './refusal-guard.ts'

export interface SendableToken {
  /** The token to send now. `undefined` if the request has to wait for one. */
  now(endpoint: Endpoint | undefined): HeldToken | undefined
  /** The token while it is valid, for a request that waits in vain for another one. */
  atLast(endpoint: Endpoint | undefined): HeldToken | undefined
  hasLifeLeft(token: HeldToken, reserveSeconds: number): boolean
  /** Whether the endpoint refused this token, or a refusal by another one is being refreshed. */
  isRefused(token: HeldToken, endpoint: Endpoint | undefined): boolean
  /** No request carries the token while it is being refreshed. */
  noteRefused(token: HeldToken): void
}

export interface SendableTokenDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'isCurrent' | 'catchUp'>
  readonly refresher: Refresher
  readonly guard: RefusalGuard
  readonly refresh: ResolvedContract['refresh']
  readonly platform: ClientPlatform
  /** During a sign-in no optional refresh begins: its cookie could overwrite the new one. */
  readonly isAppSigningIn: () => boolean
}

/**
 * In these last seconds of its lifetime a token is no longer sent. One second, because servers cut
 * `exp` to whole seconds: a token issued at 10.9 s with a lifetime of 4 s is refused from 14.0 s.
 * Another second for the way to the server.
 */
export const unsendableSeconds = 2

/** The unsendable seconds of a short-lived token are at most this share of its lifetime. */
const greatestUnsendableShare = 0.25

export function createSendableToken(deps: SendableTokenDeps): SendableToken {
  const { session, tabs, refresher, guard, platform, isAppSigningIn } = deps
  const invalidatesPrevious = typeof deps.refresh === 'object' && deps.refresh.invalidatesPrevious
  /** The generation of the newest token that the server refused. */
  let refused = 0

  function hasLifeLeft(token: HeldToken, reserveSeconds: number): boolean {
    const leftMs = lifeLeftMs(token, readMoment(platform))
    return token.lifetimeSeconds === undefined || leftMs > reserveSeconds * 1000
  }

  function isSpent(token: HeldToken): boolean {
    const { lifetimeSeconds = 0 } = token
    const reserve = Math.min(unsendableSeconds, lifetimeSeconds * greatestUnsendableShare)
    return !hasLifeLeft(token, reserve)
  }

  function isBeingRefreshed(): boolean {
    // A hold of another tab does not end the refresh of this one.
    return refresher.isInFlight() || (refresher.isPending() && !refresher.isHeldBack())
  }

  function isRefused(token: HeldToken, endpoint: Endpoint | undefined): boolean {
    if (refused === token.generation && isBeingRefreshed()) return true
    return endpoint !== undefined && guard.hasRefused(endpoint, token)
  }

  return {
    hasLifeLeft,
    isRefused,
    now(endpoint) {
      // It ends the session if another tab has signed out.
      const token = tabs.isCurrent() ? session.held() : undefined
      if (token === undefined || isSpent(token)) return undefined
      // The token is still valid, so the request does not wait for the refresh that is due. If that
      // refresh fails, the request is not affected.
      if (refresher.dueInMs() === 0 && !isAppSigningIn()) {
        refresher.refresh('request').catch(() => {})
      }
      //  request ──(token 1)── 401 ─ refresh ─ token 2
      //  later         (waits for token 2) ─────────── sent with token 2
      const isDead = invalidatesPrevious && refresher.isInFlight()
      return isDead || isRefused(token, endpoint) ? undefined : token
    },
    atLast(endpoint) {
      const token = session.held()
      // Otherwise another tab has signed out, or another user may have signed in, and only a
      // refresh shows it.
      const mayBeSent = token !== undefined && hasLifeLeft(token, 0) && tabs.isCurrent()
      if (!mayBeSent || session.epoch() !== token.epoch) return undefined
      return isRefused(token, endpoint) ? undefined : token
    },
    noteRefused(token) {
      refused = token.generation
    }
  }
}
