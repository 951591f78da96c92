// Sends one auth request and reads what comes back; whether it came is all that is decided here.
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'

export interface PostBody {
  readonly type: string
  readonly text: string
}

export interface Answered {
  readonly kind: 'answered'
  /** For messages: method and URL, without a query. */
  readonly where: string
  readonly response: Response
  /** The parsed JSON; `undefined` where it is none. */
  readonly body: unknown
  readonly isHtml: boolean
}

type Answer = Answered | { readonly kind: 'unanswered'; readonly error: AuthError }

export type AuthPost = (
  url: string,
  body: PostBody,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>
) => Promise<Answer>

/** Answers longer than this are no token responses. */
const longestBodyCharacters = 65_536

export function createAuthPost(platform: Pick<Platform, 'fetch'>): AuthPost {
  return async (url, body, signal, headers) => {
    const where = `POST ${new URL(url).origin}${new URL(url).pathname}`
    const exchange = async (): Promise<Answered> => {
      const init = Object.assign(inheritingNothing(), {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': body.type, ...headers },
        body: body.text,
        credentials: 'include',
        // Outlives the page: a rotated cookie that is lost on the way looks like theft at the next refresh.
        keepalive: true,
        cache: 'no-store',
        redirect: 'error',
        signal
      } satisfies RequestInit)
      const response = await platform.fetch(url, init)
      const text = await response.text()
      return {
        kind: 'answered',
        where,
        response,
        body: parseJson(text),
        isHtml: isHtml(response, text)
      }
    }
    try {
      // Raced, because a replaced `fetch` may not know signals.
      return await Promise.race([exchange(), rejectOnAbort(signal)])
    } catch {
      // Error names differ per engine and adapter, so our own signal tells a timeout from the rest.
      return { kind: 'unanswered', error: unanswered(where, signal) }
    }
  }
}

// `fetch` reads inherited options too, and anybody may have left some on `Object.prototype`.
function inheritingNothing(): RequestInit {
  return Object.create(null)
}

export function json(value: unknown): PostBody {
  return { type: 'application/json', text: JSON.stringify(value) }
}

/** RFC 6749 §6. */
export function refreshTokenGrant(refreshToken: string | undefined): PostBody {
  const form = new URLSearchParams({ grant_type: 'refresh_token' })
  if (refreshToken !== undefined) form.set('refresh_token', refreshToken)
  return { type: 'application/x-www-form-urlencoded', text: form.toString() }
}

export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function unanswered(where: string, signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', `${where} was not answered in time.`)
    : new AuthError(
        'ERR_AUTH_NETWORK',
        `${where} got no answer: the network or the server is down, the server redirected, or its CORS headers do not allow this origin with credentials.`
      )
}

function isHtml(response: Response, text: string): boolean {
  const type = response.headers.get('Content-Type') ?? ''
  return type.toLowerCase().includes('html') || text.trimStart().startsWith('<')
}

function parseJson(text: string): unknown {
  if (text.length > longestBodyCharacters) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
