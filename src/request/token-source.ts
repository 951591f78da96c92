// Token source: the token to send with a request, and the one to replay it with after a refusal.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError, isAuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { elapsedMs, readMoment } from '../lib/time.ts'
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
    mayBeCached?: boolean
  ): Promise<HeldToken | undefined>
  /**
   * Resolves with the token to replay with after the endpoint refused `carried`. Resolves with
   * `undefined` if the caller gets the refusal, as after the last replay.
   */
  afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    replays: Replays
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

/** How often a request is sent again at most. */
export const greatestReplays = 2

/** How much one request may still do after a refusal. */
export interface Replays {
  left: number
  /** It has waited for a refresh because of a refusal. */
  hasRefreshed: boolean
}

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
    if (token.lifetimeSeconds === undefined) return true
    return (
      elapsedMs(token.receivedAt, readMoment(platform)) <
      (token.lifetimeSeconds - reserveSeconds) * 1000
    )
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
    const isDead = invalidatesPrevious || refused === token.generation
    return (isDead && refresher.isInFlight()) || hasRefused(endpoint, token) ? undefined : token
  }

  /** Whether the endpoint refused this token, and a refresh may begin now. */
  function hasRefused(endpoint: Endpoint | undefined, token: HeldToken): boolean {
    if (endpoint === undefined || !guard.hasRefused(endpoint, token)) return false
    return refreshInMs(endpoint, token) === 0
  }

  function refreshInMs(endpoint: Endpoint, token: HeldToken): number | undefined {
    const isExpiring = !hasLifeLeft(token, unsendableSeconds)
    return guard.refreshInMs(endpoint, token, { isFree: isFree(token), isExpiring })
  }

  /** A refresh is in flight, or due anyway. */
  function isFree(token: HeldToken): boolean {
    return refresher.isInFlight() || isSpent(token)
  }

  async function forRequest(
    epoch: number | undefined,
    endpoint?: Endpoint,
    mayBeCached = false
  ): Promise<HeldToken | undefined> {
    for (;;) {
      if (!tabs.isCurrent()) await tabs.catchUp()
      checkEpoch(epoch)
      const token = sendable(endpoint)
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      const expiring = session.held()
      const isValid = expiring !== undefined && maySend(expiring)
      if (!refresher.isInFlight() && refresher.isHeldBack()) {
        if (isValid && !hasRefused(endpoint, expiring)) return expiring
        if (mayBeCached && !platform.isOnline()) return undefined
      }
      try {
        const refreshed = await refreshFor(endpoint)
        if (refreshed !== undefined) return refreshed
      } catch (error) {
        if (canContinue(error, epoch)) {
          const held = session.held()
          if (held === undefined) continue
          // Send the token that is about to expire as long as it is valid.
          if (maySend(held) && !hasRefused(endpoint, held)) return held
        }
        const isOffline = isAuthError(error) && isUnanswered(error) && !platform.isOnline()
        if (!isOffline || !mayBeCached) throw error
        return undefined
      }
    }
  }

  /** Resolves with `undefined` if the server issued the refused token again. */
  async function refreshFor(endpoint: Endpoint | undefined): Promise<HeldToken | undefined> {
    const held = session.held()
    if (endpoint === undefined || held === undefined || !hasRefused(endpoint, held)) {
      return refresh('request')
    }
    refused = held.generation
    const refreshed = await refresh('refusal')
    guard.noteRefreshed()
    if (refreshed.accessToken !== held.accessToken) return refreshed
    guard.noteRepeated(endpoint)
    return undefined
  }

  // A refresh may return a re-issued token that is newer than its own. If that token has expired by
  // now, refresh once more.
  async function refresh(reason: 'request' | 'refusal'): Promise<HeldToken> {
    const token = await refresher.refresh(reason)
    return hasLifeLeft(token, 0) ? token : refresher.refresh(reason)
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

  function checkEpoch(epoch: number | undefined): void {
    if (epoch !== undefined && session.epoch() !== epoch) throw sessionChanged()
  }

  async function afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    replays: Replays
  ): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refused token belongs to an earlier sign-in. Do not replay the request as another user.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    const isLast = replays.left === 0
    replays.left -= 1
    if (held.generation !== carried.generation) {
      return isLast ? undefined : forRequest(carried.epoch, endpoint)
    }
    // The first refresh has not helped. Start another one only if others accepted this token.
    const isFutile = replays.hasRefreshed && !isFree(held) && !guard.isProved(held)
    guard.noteRefused(endpoint, held)
    if (isLast || isFutile || !guard.hasRefused(endpoint, held)) return undefined
    replays.hasRefreshed = true
    const waitMs = refreshInMs(endpoint, held)
    if (waitMs === undefined) return undefined
    if (waitMs > 0) await guard.pause(waitMs)
    try {
      const token = await forRequest(carried.epoch, endpoint)
      // The token is the same if the guard does not allow a refresh.
      return token?.generation === carried.generation ? undefined : token
    } catch (error) {
      if (isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')) return undefined
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
