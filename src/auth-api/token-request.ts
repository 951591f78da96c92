// Token requests: login, refresh and logout. Each sends one auth request and classifies the answer.

import { invalid } from '../lib/checks.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import {
  type Answered,
  type IssuedToken,
  isLoginRejection,
  isMissingCredential,
  isSessionRejection,
  malformed,
  readOAuthError,
  readTokenResponse,
  type TokenResponse
} from './answer.ts'
import { type RefreshContext, type RefreshWith, refreshByApp } from './custom-refresh.ts'
import {
  createAuthPost,
  type Endpoints,
  json,
  type PostBody,
  refreshTokenGrant
} from './endpoints.ts'
import { readRetryAfterMs } from './retry-after.ts'

/** The result of a login or refresh request. */
export type TokenAnswer =
  | { readonly kind: 'issued'; readonly token: IssuedToken }
  /** An explicit rejection: a retry would not help. */
  | {
      readonly kind: 'rejected'
      /** `undefined` if a `refreshWith` function rejected. */
      readonly status: number | undefined
      readonly oauthError: string | undefined
    }
  /** No answer, a server error, or an answer that is not a token response. It can be retried. */
  | { readonly kind: 'undecided'; readonly error: AuthError }

export interface TokenRequestDeps {
  readonly endpoints: Endpoints
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
  readonly refreshWith: RefreshWith
  readonly parseTokenResponse: ((body: unknown) => TokenResponse) | undefined
  /** Whether the access token may be sent to this URL. */
  readonly trusts: (url: string) => boolean
}

/** The credentials of a session that scripts can read. */
export interface SessionCredential {
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

export interface TokenRequest {
  login(credentials: PostBody, signal: AbortSignal): Promise<TokenAnswer>
  refresh(
    context: RefreshContext & { readonly refreshToken: string | undefined }
  ): Promise<TokenAnswer>
  /** Resolves with `true` if the server has confirmed that the session is gone. */
  logout(credential: SessionCredential | undefined, signal: AbortSignal): Promise<boolean>
  /** The credential that a logout needs; `undefined` if the cookie identifies the session. */
  credentialOf(token: SessionCredential): SessionCredential | undefined
  /** Removes the refresh token unless `refreshWith` is `refresh-token`. */
  strip(token: IssuedToken): IssuedToken
}

export function createTokenRequest(platform: Platform, deps: TokenRequestDeps): TokenRequest {
  const { endpoints, refreshWith, sendIdempotencyKey, parseTokenResponse, trusts } = deps
  const post = createAuthPost(platform)

  async function login(credentials: PostBody, signal: AbortSignal): Promise<TokenAnswer> {
    const answer = await post(endpoints.resolve('login'), credentials, signal)
    if (answer.kind === 'unanswered') return { kind: 'undecided', error: answer.error }
    if (isLoginRejection(answer)) return rejected(answer)
    return toTokenAnswer(answer, 'The sign-in did not complete.')
  }

  async function refresh({
    refreshToken,
    ...context
  }: Parameters<TokenRequest['refresh']>[0]): Promise<TokenAnswer> {
    if (typeof refreshWith === 'function') {
      return refreshByApp(refreshWith, context, (body) => issue(body, 'refreshWith'))
    }
    const url = endpoints.resolve('refresh')
    const { attempt, signal, accessToken } = context
    const headers: Record<string, string> = {}
    if (maySendKeyTo(url)) headers['Idempotency-Key'] = attempt
    if (refreshWith === 'access-token' && accessToken !== undefined) {
      if (!trusts(url)) return { kind: 'undecided', error: untrusted(url) }
      headers.Authorization = `Bearer ${accessToken}`
    }
    const usesForm = refreshWith === 'refresh-token'
    const body = usesForm ? refreshTokenGrant(refreshToken) : json({})

    const answer = await post(url, body, signal, headers)
    if (answer.kind === 'unanswered') return { kind: 'undecided', error: answer.error }
    const lacksCredential = usesForm && refreshToken === undefined && isMissingCredential(answer)
    if (isSessionRejection(answer) || lacksCredential) return rejected(answer)
    return toTokenAnswer(answer, 'The session is kept and the refresh will be retried.')
  }

  async function logout(
    credential: SessionCredential | undefined,
    signal: AbortSignal
  ): Promise<boolean> {
    const url = endpoints.resolve('logout')
    // Not destructured from `credential ?? {}`, which would inherit from a polluted
    // `Object.prototype`.
    const accessToken = credential?.accessToken
    const refreshToken = credential?.refreshToken
    const body = refreshToken === undefined ? {} : { refresh_token: refreshToken }
    const needsToken = refreshWith === 'access-token' && accessToken !== undefined
    const isWithheld = needsToken && !trusts(url)
    const headers: Record<string, string> =
      needsToken && !isWithheld ? { Authorization: `Bearer ${accessToken}` } : {}

    const answer = await post(url, json(body), signal, headers)
    if (answer.kind === 'unanswered') return false
    // A rejection means that the session has already ended, unless the request did not identify it.
    return answer.response.ok || (!isWithheld && isSessionRejection(answer))
  }

  function maySendKeyTo(url: string): boolean {
    if (sendIdempotencyKey !== 'same-origin') return sendIdempotencyKey === 'always'
    // Cross-origin, the preflight fails unless the server allows the header.
    const page = platform.pageUrl()
    return page !== undefined && new URL(page).origin === new URL(url).origin
  }

  function toTokenAnswer(answer: Answered, consequence: string): TokenAnswer {
    if (!answer.response.ok) return { kind: 'undecided', error: serverError(answer, consequence) }
    try {
      return { kind: 'issued', token: readBody(answer) }
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return { kind: 'undecided', error }
    }
  }

  function serverError({ response, where, body }: Answered, consequence: string): AuthError {
    const { status, headers } = response
    const oauthError = readOAuthError(body)
    const retryAfterMs = readRetryAfterMs(headers, platform.now())
    const delay =
      retryAfterMs === undefined ? undefined : `Retry-After: ${Math.ceil(retryAfterMs / 1000)} s`
    const details = [oauthError, delay].filter((detail) => detail !== undefined).join(', ')
    const answered = `${where} answered ${status}${details && ` (${details})`}`
    const hint = status === 404 ? checkPaths : ''
    return new AuthError('ERR_AUTH_SERVER_ERROR', `${answered}. ${consequence}${hint}`, {
      status,
      oauthError,
      retryAfterMs
    })
  }

  function readBody({ body, where, response, isHtml, isEmpty }: Answered): IssuedToken {
    const source = `The answer of ${where}`
    if (parseTokenResponse === undefined) {
      if (body === undefined) {
        if (isHtml) throw malformed(source, 'HTML', undefined, checkPaths)
        const empty = `an empty body (status ${response.status})`
        throw malformed(source, isEmpty ? empty : 'a body that is not JSON')
      }
      const hint = ' If this is how the server answers, convert it with parseTokenResponse.'
      return strip(readTokenResponse(body, source, undefined, hint))
    }
    try {
      return issue(parseTokenResponse(body), source)
    } catch (error) {
      if (error instanceof AuthError && error.code === 'ERR_AUTH_RESPONSE_MALFORMED') throw error
      // An error thrown by the app may quote the body, so it is not passed on.
      throw malformed(source, 'a body that parseTokenResponse could not read')
    }
  }

  function issue(body: unknown, source: string): IssuedToken {
    return strip(readTokenResponse(body, source))
  }

  function strip(token: IssuedToken): IssuedToken {
    return refreshWith === 'refresh-token' ? token : { ...token, refreshToken: undefined }
  }

  function credentialOf({
    accessToken,
    refreshToken
  }: SessionCredential): SessionCredential | undefined {
    const isNeeded = refreshWith === 'access-token' || refreshToken !== undefined
    return isNeeded ? { accessToken, refreshToken } : undefined
  }

  return { login, refresh, logout, credentialOf, strip }
}

const checkPaths = ' Check the options baseURL and paths.'

function rejected({ response, body }: Answered): TokenAnswer {
  return { kind: 'rejected', status: response.status, oauthError: readOAuthError(body) }
}

function untrusted(url: string): AuthError {
  return invalid(
    'paths.refresh',
    "a URL of a trusted origin, because refreshWith: 'access-token' sends the access token to it",
    new URL(url).origin
  )
}
