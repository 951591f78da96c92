// Token source: the token to send with a request, and the one to replay it with after a refusal.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError, isAuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { elapsedMs, readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { isUnanswered } from '../refresh/outcome.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { HeldToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { Endpoint, RefusalGuard } from './refusal-guard.ts'

export interface TokenSource {
  /** The token to send now. `undefined` if the request has to wait for one. */
  sendable(endpoint?: Endpoint): HeldToken | undefined
  /**
   * Resolves with the token to send, after the restore or the refresh that is due. Resolves with
   * `undefined` if the user is not signed in. Rejects if the session of `epoch` has ended.
   *
   * `mayBeCached`: a service worker may answer the request while the device is offline. It then
   * resolves with `undefined` instead of rejecting.
   */
  forRequest(
    epoch: number | undefined,
    endpoint?: Endpoint,
    mayBeCached?: boolean,
    patience?: Patience
  ): Promise<HeldToken | undefined>
  /**
   * Resolves with the token to replay with after the endpoint refused `carried`. Resolves with
   * `undefined` if the caller gets the refusal.
   */
  afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    isExplicit: boolean,
    patience: Patience
  ): Promise<HeldToken | undefined>
  /** Notes that the endpoint did not refuse `carried`. */
  afterAnswer(carried: HeldToken, endpoint: Endpoint): void
  /**
   * The token of a request that needs one.
   *
   * @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED`, or the reason why no session is known yet
   */
  require(token: HeldToken | undefined): HeldToken
}

/** How long a request has waited for tokens, in milliseconds. Its waits share one deadline. */
export interface Patience {
  spentMs: number
}

/** How often a request is sent again at most, each time with a newer token. */
export const greatestReplays = 8

export interface TokenSourceDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'isCurrent' | 'catchUp'>
  readonly refresher: Refresher
  readonly guard: RefusalGuard
  readonly refresh: ResolvedContract['refresh']
  readonly platform: Platform
  /** During a sign-in no optional refresh begins: its cookie could overwrite the new one. */
  readonly isAppSigningIn: () => boolean
}

/**
 * In these last seconds of its lifetime a token is no longer sent. One second, because servers cut
 * `exp` to whole seconds: a token issued at 10.9 s with a lifetime of 4 s is refused from 14.0 s.
 * Another second for the way to the server.
 */
const unsendableSeconds = 2

/** The unsendable seconds of a short-lived token are at most this share of its lifetime. */
const greatestUnsendableShare = 0.25

export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  const { session, tabs, refresher, guard, platform, isAppSigningIn } = deps
  const invalidatesPrevious = typeof deps.refresh === 'object' && deps.refresh.invalidatesPrevious
  /** The newest token that the server refused. It is not sent while it is being refreshed. */
  let refused = 0

  function hasLifeLeft(token: HeldToken, reserveSeconds: number): boolean {
    const leftMs = lifeLeftMs(token, readMoment(platform))
    return token.lifetimeSeconds === undefined || leftMs > reserveSeconds * 1000
  }

  /**
   * Otherwise another tab has signed out, or another user may have signed in, and only a refresh
   * shows it.
   */
  function maySend(token: HeldToken): boolean {
    return hasLifeLeft(token, 0) && tabs.isCurrent() && session.epoch() === token.epoch
  }

  function isSpent(token: HeldToken): boolean {
    const { lifetimeSeconds = 0 } = token
    const reserve = Math.min(unsendableSeconds, lifetimeSeconds * greatestUnsendableShare)
    return !hasLifeLeft(token, reserve)
  }

  function sendable(endpoint?: Endpoint): HeldToken | undefined {
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
  }

  /** Whether the endpoint refused this token, or a refusal by another one is being refreshed. */
  function isRefused(token: HeldToken, endpoint: Endpoint | undefined): boolean {
    if (refused === token.generation && refresher.isPending() && !refresher.isHeldBack())
      return true
    return endpoint !== undefined && guard.hasRefused(endpoint, token)
  }

  async function forRequest(
    epoch: number | undefined,
    endpoint?: Endpoint,
    mayBeCached = false,
    patience: Patience = { spentMs: 0 }
  ): Promise<HeldToken | undefined> {
    for (;;) {
      if (!tabs.isCurrent()) await spend(patience, Promise.resolve(tabs.catchUp()))
      if (epoch !== undefined && session.epoch() !== epoch) throw sessionChanged()
      const token = sendable(endpoint)
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      const expiring = session.held()
      const isValid = expiring !== undefined && maySend(expiring)
      if (!refresher.isInFlight() && refresher.isHeldBack()) {
        if (isValid && !isRefused(expiring, endpoint)) return expiring
        if (mayBeCached && !platform.isOnline()) return undefined
      }
      try {
        const refreshed = await refreshFor(endpoint, patience)
        if (refreshed !== undefined) return refreshed
      } catch (error) {
        if (canContinue(error, epoch)) {
          const held = session.held()
          if (held === undefined) continue
          // Send the token that is about to expire as long as it is valid.
          if (maySend(held) && !isRefused(held, endpoint)) return held
        }
        const isOffline = isAuthError(error) && isUnanswered(error) && !platform.isOnline()
        if (!isOffline || !mayBeCached) throw error
        return undefined
      }
    }
  }

  /** Resolves with `undefined` if the held token is still the refused one. */
  async function refreshFor(
    endpoint: Endpoint | undefined,
    patience: Patience
  ): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined || !isRefused(held, endpoint)) return refresh('request', patience)
    refused = held.generation
    // The token may have expired before it arrived: servers cut `exp` to whole seconds.
    const isExpiring = !hasLifeLeft(held, unsendableSeconds)
    const refreshed = isExpiring
      ? await refresh('request', patience)
      : await refresh('refusal', patience, guard.delayMs())
    if (refreshed.accessToken !== held.accessToken) return refreshed
    //  refresh ── signed ──────────────────────── answered: older than the held token, which stays
    //  request ──────────── re-issued token ─ 401 ──────── refreshes again
    const isKept = refreshed.receivedAt === held.receivedAt
    if (endpoint !== undefined && !isKept) guard.noteRepeated(endpoint, held)
    return undefined
  }

  // A refresh may return a re-issued token that is newer than its own. If that token has expired by
  // now, refresh once more.
  async function refresh(
    reason: 'request' | 'refusal',
    patience: Patience,
    delayMs = 0
  ): Promise<HeldToken> {
    const { spentMs } = patience
    const token = await spend(patience, refresher.refresh(reason, { delayMs, spentMs }))
    return hasLifeLeft(token, 0) ? token : spend(patience, refresher.refresh(reason, patience))
  }

  async function spend<T>(patience: Patience, waiting: Promise<T>): Promise<T> {
    const since = readMoment(platform)
    try {
      return await waiting
    } finally {
      patience.spentMs += elapsedMs(since, readMoment(platform))
    }
  }

  // A request that began in a session belongs to that session. A request that began before the
  // session was known continues with the user of the restore or of a sign-in, or without a token.
  function canContinue(error: unknown, epoch: number | undefined): boolean {
    if (isAuthError(error, 'ERR_AUTH_DISPOSED')) return false
    const { status } = session.getState()
    if (epoch !== undefined) return session.held()?.epoch === epoch
    // After a failed restore there is another one, until `initializing` ends.
    return status !== 'initializing' || refresher.dueInMs() !== undefined
  }

  async function afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    isExplicit: boolean,
    patience: Patience
  ): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refused token belongs to an earlier sign-in. Do not replay the request as another user.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    try {
      if (held.generation !== carried.generation) {
        return await forRequest(carried.epoch, endpoint, false, patience)
      }
      guard.noteRefused(endpoint, held, isExplicit)
      const token = await forRequest(carried.epoch, endpoint, false, patience)
      // The token is the same if the guard does not allow a refresh.
      return token?.generation === carried.generation ? undefined : token
    } catch (error) {
      const isOver = isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')
      if (isOver || isAuthError(error, 'ERR_AUTH_TOKEN_REFUSED')) return undefined
      throw error
    }
  }

  function require(token: HeldToken | undefined): HeldToken {
    if (token !== undefined) return token
    throw session.isRestoring() ? refresher.restoreFailure() : notAuthenticated()
  }

  return {
    sendable,
    forRequest,
    afterRefusal,
    afterAnswer: (carried, endpoint) => guard.noteAccepted(endpoint, carried),
    require
  }
}

function notAuthenticated(): AuthError {
  return new AuthError(
    'ERR_AUTH_NOT_AUTHENTICATED',
    'The user is not signed in. Call login() first.'
  )
}
