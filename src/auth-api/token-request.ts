// Token requests: login, refresh and logout. Each sends one auth request and classifies the answer.

import type { AuthRequestContext, RefreshContext } from '../contract/endpoints.ts'
import type {
  ResolvedCarrier,
  ResolvedContract,
  ResolvedLogin,
  ResolvedRefresh
} from '../contract/resolved-contract.ts'
import type { AnswerSource, Decide } from '../lib/answer-rules.ts'
import { AuthError, type AuthErrorCode } from '../lib/errors.ts'
import { invalid } from '../lib/option-errors.ts'
import type { Platform } from '../lib/platform.ts'
import type { Answered } from './answers/answer.ts'
import { createAnswerMeaning, isDefiniteRefusal } from './answers/answer-meaning.ts'
import {
  keepsRefreshToken,
  orError,
  type Reading,
  readAnswerTokens,
  readResultTokens
} from './answers/read-token.ts'
import { readBodyWithoutTokens } from './answers/rejected-body.ts'
import { readServerNowMs } from './answers/retry-after.ts'
import { serverError } from './answers/server-error.ts'
import {
  type IssuedToken,
  issued,
  rejected,
  type TokenAnswer,
  undecided
} from './answers/token-answer.ts'
import { loginByApp, refreshByApp } from './app-functions.ts'
import { type Carried, createSendAuthRequest } from './auth-request.ts'
import { serialiseCredentials } from './credentials.ts'
import type { Endpoints } from './endpoints.ts'
import { createLogout, type Logout } from './logout-request.ts'
import type { Notices } from './notices.ts'

export interface TokenRequestDeps {
  readonly contract: ResolvedContract
  readonly endpoints: Endpoints
  /** Whether the access token may be sent to this URL. */
  readonly trusts: (url: string) => boolean
  /** Whether an answer refuses the access token by the rules of the contract. Never rejects. */
  readonly isTokenRefusal: (answer: AnswerSource) => Promise<boolean>
  readonly decide: Decide
  readonly notices: Notices | undefined
}

export interface TokenRequest {
  /**
   * Serialises the credentials now, because the app may clear them while the sign-in waits for the
   * lock. The result sends them. It rejects only with the error of a function of the contract.
   *
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` for wrong credentials, or if the backend has no
   * login endpoint
   */
  login(credentials: object): (context: AuthRequestContext) => Promise<TokenAnswer>
  refresh(context: RefreshContext): Promise<TokenAnswer>
  /**
   * Ends the session of this credential on the server. `undefined`: a cookie identifies the
   * session. If the endpoint refuses the access token, this refreshes once and repeats the request.
   */
  readonly logout: Logout
  /**
   * Reads the result of a function of the app, such as the one given to `login()`.
   *
   * @throws AuthError `ERR_AUTH_RESPONSE_MALFORMED`
   */
  readResult(result: unknown, source: string): IssuedToken
}

const idempotencyHeader: ResolvedCarrier = {
  in: 'header',
  header: 'Idempotency-Key',
  scheme: ''
}

export function createTokenRequest(platform: Platform, deps: TokenRequestDeps): TokenRequest {
  const { contract, endpoints, trusts, notices } = deps
  const send = createSendAuthRequest(platform)
  const meaning = createAnswerMeaning(contract, deps.isTokenRefusal, deps.decide)
  const keepsToken = keepsRefreshToken(contract)
  const needsRefreshToken = keepsToken && typeof contract.refresh === 'object'
  /** After a refresh without an answer, the quota for keepalive may be full. */
  let keepalive = true

  function login(credentials: object): (context: AuthRequestContext) => Promise<TokenAnswer> {
    const { login: endpoint } = contract
    if (endpoint === false) throw invalid('login(): credentials', 'login')
    if (typeof endpoint === 'function') {
      return (context) => loginByApp(endpoint, credentials, context, readResult)
    }
    const fields: object = JSON.parse(serialiseCredentials(credentials))
    return ({ signal }) => sendLogin(endpoint, fields, signal)
  }

  async function sendLogin(
    endpoint: ResolvedLogin,
    fields: object,
    signal: AbortSignal
  ): Promise<TokenAnswer> {
    const url = endpoints.resolve('login', endpoint)
    const request = { endpoint, url, fields, carried: [], keepalive: false }
    const answer = await send(request, signal)
    if (answer.kind === 'undecided') return answer
    const { status, ok } = answer.response
    const { tokens } = endpoint
    const bodyOfRejection = () => readBodyWithoutTokens(answer, tokens, true)
    const isRejected = await meaning.rejectsCredentials(answer)
    if (isRejected) return rejected(answer, bodyOfRejection())
    if (!ok) {
      return undecided(serverError(answer, platform.now(), 'The sign-in did not complete.'))
    }
    const result = readTokens(answer, tokens, 'ERR_AUTH_LOGIN_REJECTED')
    if (!(result instanceof AuthError)) {
      const isMissing = needsRefreshToken && result.refreshToken === undefined
      if (isMissing) notices?.noRefreshToken(answer, tokens)
      return issued(result)
    }
    const { code, message } = result
    if (code === 'ERR_AUTH_LOGIN_REJECTED') return rejected(answer, bodyOfRejection())
    notices?.noToken(answer, 'login', tokens)
    // The answer may hold a token that the function did not find.
    const body = typeof tokens === 'function' ? undefined : readBodyWithoutTokens(answer, tokens)
    return undecided(new AuthError(code, message, { status, body }))
  }

  async function refresh(context: RefreshContext): Promise<TokenAnswer> {
    const { refresh: endpoint } = contract
    if (typeof endpoint === 'function') return refreshByApp(endpoint, context, readResult)
    const credentials = endpoint && credentialsOf(endpoint, context)
    if (!credentials || credentials.some(([, value]) => value === undefined)) {
      return undecided(nothingToPresent(), true)
    }
    const { signal, idempotencyKey } = context
    const url = endpoints.resolve('refresh', endpoint)
    if (endpoint.credential === 'access-token' && !trusts(url)) {
      return undecided(invalid('contract.refresh.path', 'trustedRefresh', new URL(url).origin))
    }
    const key = maySendKeyTo(url, endpoint) ? idempotencyKey : undefined
    const carried: readonly Carried[] = [...credentials, [idempotencyHeader, key]]
    const answer = await send({ endpoint, url, fields: {}, carried, keepalive }, signal)
    keepalive = answer.kind === 'answered'
    if (answer.kind === 'undecided') return answer
    if (await meaning.endsSession(answer)) return rejected(answer)
    const result = answer.response.ok
      ? readTokens(answer, endpoint.tokens, 'ERR_AUTH_SESSION_EXPIRED')
      : serverError(answer, platform.now(), 'The session is kept and the refresh will be retried.')
    if (!(result instanceof AuthError)) return issued(result)
    if (result.code === 'ERR_AUTH_SESSION_EXPIRED') return rejected(answer)
    const meansNoSession = await meaning.meansNoSession(answer)
    const isKnown = meansNoSession && context.accessToken === undefined
    if (!isKnown) noteRefresh(answer, endpoint)
    return undecided(result, meansNoSession)
  }

  function noteRefresh(answer: Answered, { tokens }: ResolvedRefresh): void {
    if (answer.response.ok) notices?.noToken(answer, 'refresh', tokens)
    if (isDefiniteRefusal(answer)) notices?.refreshRefused(answer, meaning.isFromElsewhere(answer))
  }

  function credentialsOf(
    { credential, refreshToken: carrier }: ResolvedRefresh,
    { accessToken, refreshToken }: RefreshContext
  ): readonly Carried[] {
    switch (credential) {
      case 'cookie':
        return []
      case 'access-token':
        return [[{ in: 'header', ...contract.attach }, accessToken]]
      case 'refresh-token':
        return [[carrier, refreshToken]]
    }
  }

  function maySendKeyTo(url: string, { idempotencyKey: mode }: ResolvedRefresh): boolean {
    if (mode !== 'same-origin') return mode === 'always'
    // Cross-origin, the preflight fails unless the server allows the header.
    const page = platform.pageUrl()
    return page !== undefined && new URL(page).origin === new URL(url).origin
  }

  function readTokens(
    answer: Answered,
    tokens: ResolvedLogin['tokens'],
    rejection: AuthErrorCode
  ): IssuedToken | AuthError {
    const serverNowMs = readServerNowMs(answer.response.headers)
    const reading = toReading(`The answer of ${answer.where}`, serverNowMs)
    return orError(() => readAnswerTokens(answer, tokens, reading, rejection))
  }

  function readResult(result: unknown, source: string): IssuedToken {
    return readResultTokens(result, contract.tokens, toReading(source, undefined))
  }

  function toReading(source: string, serverNowMs: number | undefined): Reading {
    return {
      source,
      nowMs: platform.now(),
      serverNowMs,
      keepsRefreshToken: keepsToken,
      onWrongLifetime: () => notices?.wrongLifetime(source)
    }
  }

  const parts = { contract, endpoints, trusts, send, refresh, meaning, notices, platform }
  return { login, refresh, logout: createLogout(parts), readResult }
}

function nothingToPresent(): AuthError {
  return new AuthError('ERR_AUTH_NOT_AUTHENTICATED', 'No credential is held to refresh with.')
}
