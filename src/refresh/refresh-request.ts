// Refresh request: one request to the refresh endpoint, with the credential of the session, a
// stored idempotency key and a time limit.
import {
  type SessionCredential,
  type TokenAnswer,
  undecided
} from '../auth-api/answers/token-answer.ts'
import type { Notices } from '../auth-api/notices.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError } from '../lib/errors.ts'
import type { RefreshTokenStore } from '../lib/refresh-token-store.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { Session } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { timedOut, unexpected } from './outcome.ts'
import { createStoredRefreshToken } from './refresh-token-store.ts'

export interface RefreshRequestDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'attempts'>
  readonly tokenRequest: Pick<TokenRequest, 'refresh'>
  readonly refresh: ResolvedContract['refresh']
  /** `undefined`: the refresh token stays in memory. */
  readonly store: RefreshTokenStore | undefined
  /** The refresh token of an `initialToken` that has expired. */
  readonly initialRefreshToken: string | undefined
  readonly notices: Pick<Notices, 'storeFailed'> | undefined
  readonly platform: Pick<ClientPlatform, 'wait'>
  readonly refreshAbandonMs: number
}

export interface RefreshRequest {
  /**
   * The tokens that the client holds for a refresh. `undefined` if the contract needs one of them
   * and it is missing, or if the backend has no refresh: then nothing can be sent.
   *
   * @throws AuthError if the store of the app fails
   */
  readTokens(): Promise<SessionCredential | undefined>
  /** Rejects the pending `readTokens()`, because a sign-in must not wait for the app's store. */
  abandonReads(): void
  /** Rejects only if the client abandons the request. */
  send(tokens: SessionCredential): Promise<SentRefresh>
  /** Abandons the requests in flight. */
  abortAll(error: AuthError): void
}

export interface SentRefresh {
  readonly answer: TokenAnswer
  /** The refresh token that the client held. */
  readonly presented: string | undefined
  /** The generation of the token that was held when the request was sent. */
  readonly generation: number
  /** Whether another refresh token has come since. */
  hasOtherToken(): boolean
}

export function createRefreshRequest(options: RefreshRequestDeps): RefreshRequest {
  const { session, tokenRequest, refresh, store, notices, platform, refreshAbandonMs } = options
  const { attempts } = options.tabs
  let abandoned = new AbortController()
  let initial = options.initialRefreshToken
  const forgetInitial = () => {
    initial = undefined
  }
  session.onSignal('token', forgetInitial)
  session.onSignal('ended', forgetInitial)
  const credential = typeof refresh === 'object' ? refresh.credential : refresh && 'any'
  const isStored = credential === 'refresh-token' || credential === 'any'
  const stored =
    store && isStored
      ? createStoredRefreshToken({ session, store, notices, platform, refreshAbandonMs })
      : undefined

  function canPresent({ accessToken, refreshToken }: SessionCredential): boolean {
    if (credential === 'access-token') return accessToken !== undefined
    if (credential === 'refresh-token') return refreshToken !== undefined
    return credential !== false
  }

  async function ask(
    { accessToken, refreshToken }: SessionCredential,
    idempotencyKey: string,
    signal: AbortSignal
  ): Promise<TokenAnswer> {
    try {
      const context = { idempotencyKey, signal, accessToken, refreshToken }
      const answer = await tokenRequest.refresh(context)
      if (endsKey(answer)) attempts.close(idempotencyKey)
      // A request that was aborted may still be answered, and its answer sets the new cookie.
      else if (answer.kind === 'undecided' && answer.error.code !== 'ERR_AUTH_TIMEOUT') {
        attempts.fail(idempotencyKey, answer.error.status !== undefined)
      }
      // Here and not after the wait, which ends with the client.
      if (answer.kind === 'issued' && answer.token.refreshToken !== undefined) {
        stored?.replace(refreshToken, answer.token.refreshToken)
      }
      return answer
    } catch (error) {
      attempts.fail(idempotencyKey, false)
      const known = error instanceof AuthError ? error : unexpected()
      return undecided(known)
    }
  }

  return {
    async readTokens() {
      const held = session.held()
      const accessToken = held?.accessToken
      const inMemory = held?.refreshToken ?? initial
      const refreshToken = stored === undefined ? inMemory : await stored.read(inMemory)
      const tokens = { accessToken, refreshToken }
      return canPresent(tokens) ? tokens : undefined
    },
    abandonReads: () => stored?.abandonReads(),
    async send(tokens) {
      const generation = session.generation()
      const before = session.held()?.refreshToken
      // A retry after a lost answer has the same key, so that the server can repeat the answer.
      const attempt = attempts.begin()
      const answer = await platform.wait((signal) => ask(tokens, attempt, signal), {
        deadlineMs: refreshAbandonMs,
        onTimeout: () => undecided(timedOut(refreshAbandonMs)),
        signal: abandoned.signal
      })
      return {
        answer,
        presented: tokens.refreshToken,
        generation,
        hasOtherToken() {
          const now = session.held()?.refreshToken
          return now !== undefined && now !== before
        }
      }
    },
    abortAll(error) {
      abandoned.abort(error)
      abandoned = new AbortController()
    }
  }
}

/**
 * Whether the server itself has answered. A server that stores answers by key would repeat this one
 * for as long as the key is sent. A gateway that answers 502 or 504 does not know whether the
 * server has processed the refresh.
 */
function endsKey(answer: TokenAnswer): boolean {
  if (answer.kind !== 'undecided' || answer.wasRedirected) return true
  const { code, status } = answer.error
  return code === 'ERR_AUTH_RESPONSE_MALFORMED' || ![undefined, 502, 504].includes(status)
}
