// One exchange with an auth endpoint: send, read, classify. Only what is explicit counts as a refusal.

import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { type RefreshContext, type RefreshWith, refreshByApp } from './custom-refresh.ts'
import type { EndpointPaths, Endpoints } from './endpoints.ts'
import { type Answered, createAuthPost, json, type PostBody, refreshTokenGrant } from './post.ts'
import { parseRetryAfterMs } from './retry-after.ts'
import {
  type IssuedToken,
  readOAuthError,
  readTokenResponse,
  type TokenResponse
} from './token-response.ts'

/** What came of an auth request. */
export type TokenAnswer =
  | { readonly kind: 'issued'; readonly token: IssuedToken }
  /** The server said no, and asking again would not help. */
  | {
      readonly kind: 'rejected'
      /** `undefined` where a function of the app's said so. */
      readonly status: number | undefined
      readonly oauthError: string | undefined
    }
  /** Nobody knows: the network, the server's bad day, or an answer that makes no sense. */
  | { readonly kind: 'undecided'; readonly error: AuthError }

export interface TokenRequestDeps {
  readonly endpoints: Endpoints
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
  readonly refreshWith: RefreshWith
  readonly parseTokenResponse: ((body: unknown) => TokenResponse) | undefined
  /** May the access token go there? */
  readonly trusts: (url: string) => boolean
}

/** What scripts hold of a session besides its cookie. */
export interface SessionCredential {
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

export interface TokenRequest {
  login(credentials: PostBody, signal: AbortSignal): Promise<TokenAnswer>
  refresh(
    context: RefreshContext & { readonly refreshToken: string | undefined }
  ): Promise<TokenAnswer>
  /** `true` where the server has answered that the session is gone. */
  logout(credential: SessionCredential | undefined, signal: AbortSignal): Promise<boolean>
  /** What names the session of this token to the server; `undefined` where its cookie does. */
  credentialOf(token: SessionCredential): SessionCredential | undefined
  /** The token without what is not needed, and so not kept. */
  strip(token: IssuedToken): IssuedToken
}

/** Statuses that ask for another try, whatever the endpoint (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const undecidedStatuses: ReadonlySet<number> = new Set([408, 425, 429])

export function createTokenRequest(platform: Platform, options: TokenRequestDeps): TokenRequest {
  const endpoint = options.endpoints.resolve
  const send = createAuthPost(platform)
  const post = (
    name: keyof EndpointPaths,
    body: PostBody,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>
  ) => send(endpoint(name), body, signal, headers)

  function maySendKey(): boolean {
    if (options.sendIdempotencyKey !== 'same-origin') return options.sendIdempotencyKey === 'always'
    // Cross-origin the header needs the server's leave, and without it the preflight fails.
    const page = platform.pageUrl()
    return page !== undefined && new URL(page).origin === new URL(endpoint('refresh')).origin
  }

  return {
    async login(credentials, signal) {
      const answer = await post('login', credentials, signal)
      if (answer.kind === 'unanswered') return { kind: 'undecided', error: answer.error }
      const { status } = answer.response
      const isRefusal =
        status >= 400 &&
        status < 500 &&
        status !== 404 &&
        status !== 405 &&
        !undecidedStatuses.has(status)
      return isRefusal ? rejected(answer) : readAnswer(answer)
    },
    async refresh({ refreshToken, ...context }) {
      if (typeof options.refreshWith === 'function') {
        return refreshByApp(options.refreshWith, context, (body) =>
          issue(body, 'What the function refreshWith returned')
        )
      }
      const { attempt, signal, accessToken } = context
      const headers: Record<string, string> = {}
      if (maySendKey()) headers['Idempotency-Key'] = attempt
      if (options.refreshWith === 'access-token' && accessToken !== undefined) {
        if (!options.trusts(endpoint('refresh'))) return { kind: 'undecided', error: untrusted() }
        headers.Authorization = `Bearer ${accessToken}`
      }
      const body =
        options.refreshWith === 'refresh-token' ? refreshTokenGrant(refreshToken) : json({})
      const answer = await post('refresh', body, signal, headers)
      if (answer.kind === 'unanswered') return { kind: 'undecided', error: answer.error }
      const isRefusal =
        isRefreshRefusal(answer) ||
        (options.refreshWith === 'refresh-token' &&
          refreshToken === undefined &&
          lacksToken(answer))
      return isRefusal ? rejected(answer) : readAnswer(answer)
    },
    async logout(credential, signal) {
      const accessToken = credential?.accessToken
      const refreshToken = credential?.refreshToken
      const body = refreshToken === undefined ? {} : { refresh_token: refreshToken }
      const isNamed = options.refreshWith === 'access-token' && accessToken !== undefined
      const isWithheld = isNamed && !options.trusts(endpoint('logout'))
      const headers: Record<string, string> =
        isNamed && !isWithheld ? { Authorization: `Bearer ${accessToken}` } : {}
      const answer = await post('logout', json(body), signal, headers)
      if (answer.kind === 'unanswered') return false
      // A refusal means that there is no session to end: 401 for one that is gone already. But not of one that was not named.
      return answer.response.ok || (!isWithheld && isRefreshRefusal(answer))
    },
    credentialOf({ accessToken, refreshToken }) {
      const isNeeded = options.refreshWith === 'access-token' || refreshToken !== undefined
      return isNeeded ? { accessToken, refreshToken } : undefined
    },
    strip
  }

  function strip(token: IssuedToken): IssuedToken {
    return options.refreshWith === 'refresh-token' ? token : { ...token, refreshToken: undefined }
  }

  function issue(body: unknown, source: string): IssuedToken {
    return strip(readTokenResponse(body, source))
  }

  function read(body: unknown, where: string): IssuedToken {
    const source = `The answer of ${where}`
    if (options.parseTokenResponse === undefined) return issue(body, source)
    try {
      return issue(options.parseTokenResponse(body), source)
    } catch (error) {
      if (error instanceof AuthError && error.code === 'ERR_AUTH_RESPONSE_MALFORMED') throw error
      // What it throws may quote the body.
      throw new AuthError(
        'ERR_AUTH_RESPONSE_MALFORMED',
        `parseTokenResponse could not read the answer of ${where}.`
      )
    }
  }

  // A date in it is by the server's clock, which `Date` tells where it may be read.
  function readRetryAfter(headers: Headers): number | undefined {
    const serverNow = Date.parse(headers.get('Date') ?? '')
    const now = Number.isNaN(serverNow) ? platform.now() : serverNow
    return parseRetryAfterMs(headers.get('Retry-After'), now)
  }

  function readAnswer(answer: Answered): TokenAnswer {
    const { response, where, body } = answer
    if (!response.ok) {
      const retryAfterMs = readRetryAfter(response.headers)
      const message = `${where} was answered with status ${response.status}, which decides nothing.${
        response.status === 404 ? ' Check baseURL and paths.' : ''
      }`
      const facts = { status: response.status, oauthError: readOAuthError(body), retryAfterMs }
      return { kind: 'undecided', error: new AuthError('ERR_AUTH_SERVER_ERROR', message, facts) }
    }
    try {
      return { kind: 'issued', token: read(body, where) }
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return { kind: 'undecided', error }
    }
  }
}

// A firewall or a captive portal says 403 too, in HTML, and knows nothing of the session.
function isRefreshRefusal({ response, body, isHtml }: Answered): boolean {
  switch (response.status) {
    case 400:
      return readOAuthError(body) === 'invalid_grant'
    case 401:
      return true
    case 403:
      return !isHtml
    default:
      return false
  }
}

// The OAuth 2 form without a refresh token, and no cookie that would do instead: RFC 6749 §5.2 calls that a bad request.
function lacksToken({ response, body }: Answered): boolean {
  return response.status === 400 && readOAuthError(body) === 'invalid_request'
}

function untrusted(): AuthError {
  return new AuthError(
    'ERR_AUTH_INVALID_OPTIONS',
    'Option paths.refresh: expected a URL of a trusted origin, since refreshWith sends the access token there.'
  )
}

function rejected({ response, body }: Answered): TokenAnswer {
  return { kind: 'rejected', status: response.status, oauthError: readOAuthError(body) }
}
