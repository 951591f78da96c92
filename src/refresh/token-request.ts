// One exchange with an auth endpoint: send, read, classify. Only what is explicit counts as a refusal.
import { AuthError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { parseRetryAfterMs } from './backoff.ts'
import { type EndpointPaths, resolveEndpoint } from './endpoints.ts'
import { type IssuedToken, readOAuthError, readTokenResponse } from './token-response.ts'

/** What came of an auth request. */
export type TokenAnswer =
  | { readonly kind: 'issued'; readonly token: IssuedToken }
  /** The server said no, and asking again would not help. */
  | { readonly kind: 'rejected'; readonly status: number; readonly oauthError: string | undefined }
  /** Nobody knows: the network, the server's bad day, or an answer that makes no sense. */
  | { readonly kind: 'undecided'; readonly error: AuthError }

export interface TokenRequestOptions {
  readonly baseURL: string
  readonly paths: EndpointPaths
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
}

export interface TokenRequest {
  login(credentials: unknown, signal: AbortSignal): Promise<TokenAnswer>
  /** `attempt` names this renewal over its retries, so that a server can answer a repeated request alike. */
  refresh(attempt: string, signal: AbortSignal): Promise<TokenAnswer>
  /** `true` where the server has answered that the session is gone. */
  logout(signal: AbortSignal): Promise<boolean>
}

/** Answers longer than this are no token responses. */
const longestBodyCharacters = 65_536
/** Statuses that ask for another try, whatever the endpoint (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const undecidedStatuses: ReadonlySet<number> = new Set([408, 425, 429])

export function createTokenRequest(platform: Platform, options: TokenRequestOptions): TokenRequest {
  const endpoint = (name: keyof EndpointPaths) =>
    resolveEndpoint(options.baseURL, options.paths[name], platform.pageUrl())

  async function post(
    name: keyof EndpointPaths,
    body: unknown,
    signal: AbortSignal,
    attempt?: string
  ): Promise<Answer> {
    const url = endpoint(name)
    const headers: Record<string, string> = {
      Accept: 'application/json',
      'Content-Type': 'application/json'
    }
    if (attempt !== undefined && maySendKey(url)) headers['Idempotency-Key'] = attempt
    const json = JSON.stringify(body)
    const request = async (): Promise<Answered> => {
      const response = await platform.fetch(url, {
        method: 'POST',
        headers,
        body: json,
        credentials: 'include',
        // Outlives the page: a rotated cookie that is lost on the way looks like theft at the next refresh.
        keepalive: true,
        cache: 'no-store',
        redirect: 'error',
        signal
      })
      const text = await response.text()
      return { kind: 'answered', where: `POST ${pathOf(url)}`, response, body: parseJson(text) }
    }
    try {
      // Raced, because a replaced `fetch` may not know signals.
      return await Promise.race([request(), rejectOnAbort(signal)])
    } catch {
      // Error names differ per engine and adapter, so our own signal tells a timeout from the rest.
      return { kind: 'unanswered', error: unanswered(`POST ${pathOf(url)}`, signal) }
    }
  }

  function maySendKey(url: string): boolean {
    if (options.sendIdempotencyKey !== 'same-origin') return options.sendIdempotencyKey === 'always'
    // Cross-origin the header needs the server's leave, and without it the preflight fails.
    const page = platform.pageUrl()
    return page !== undefined && new URL(page).origin === new URL(url).origin
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
    async refresh(attempt, signal) {
      const answer = await post('refresh', {}, signal, attempt)
      if (answer.kind === 'unanswered') return { kind: 'undecided', error: answer.error }
      return isRefreshRefusal(answer) ? rejected(answer) : readAnswer(answer)
    },
    async logout(signal) {
      const answer = await post('logout', {}, signal)
      // A refusal means that there is no session to end: 401 for one that is gone already.
      return answer.kind === 'answered' && (answer.response.ok || isRefreshRefusal(answer))
    }
  }

  function readAnswer(answer: Answered): TokenAnswer {
    const { response, where, body } = answer
    if (!response.ok) {
      const retryAfterMs = parseRetryAfterMs(response.headers.get('Retry-After'), platform.now())
      const message = `${where} was answered with status ${response.status}, which decides nothing.${
        response.status === 404 ? ' Check baseURL and paths.' : ''
      }`
      const facts = { status: response.status, oauthError: readOAuthError(body), retryAfterMs }
      return { kind: 'undecided', error: new AuthError('ERR_AUTH_SERVER_ERROR', message, facts) }
    }
    try {
      return { kind: 'issued', token: readTokenResponse(body, `The answer of ${where}`) }
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return { kind: 'undecided', error }
    }
  }
}

interface Answered {
  readonly kind: 'answered'
  readonly where: string
  readonly response: Response
  readonly body: unknown
}
type Answer = Answered | { readonly kind: 'unanswered'; readonly error: AuthError }

// A firewall or a captive portal says 403 too, in HTML, and knows nothing of the session.
function isRefreshRefusal({ response, body }: Answered): boolean {
  switch (response.status) {
    case 400:
      return readOAuthError(body) === 'invalid_grant'
    case 401:
      return true
    case 403:
      return !(response.headers.get('Content-Type') ?? '').toLowerCase().includes('html')
    default:
      return false
  }
}

function rejected({ response, body }: Answered): TokenAnswer {
  return { kind: 'rejected', status: response.status, oauthError: readOAuthError(body) }
}

function unanswered(where: string, signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', `${where} was not answered in time.`)
    : new AuthError(
        'ERR_AUTH_NETWORK',
        `${where} got no answer: the network or the server is down, the server redirected, or its CORS headers do not allow this origin with credentials.`
      )
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function parseJson(text: string): unknown {
  if (text.length > longestBodyCharacters) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pathOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
