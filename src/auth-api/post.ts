// Auth request: posts to one auth endpoint and reads the answer. It does not judge the answer.

import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { rejectOnAbort } from '../lib/time.ts'

export interface PostBody {
  readonly type: string
  readonly text: string
}

export interface Answered {
  readonly kind: 'answered'
  /** Method and URL without the query, for messages. */
  readonly where: string
  readonly response: Response
  /** The parsed JSON; `undefined` if the body is not JSON. */
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

/** A longer body cannot be a token response and is not parsed. */
const longestBodyCharacters = 65_536

export function createAuthPost(platform: Pick<Platform, 'fetch'>): AuthPost {
  return async (url, body, signal, headers) => {
    const { origin, pathname } = new URL(url)
    const where = `POST ${origin}${pathname}`

    async function exchange(): Promise<Answered> {
      const init = Object.assign(withoutPrototype(), {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': body.type, ...headers },
        body: body.text,
        credentials: 'include',
        // The request must outlive the page: if the rotated cookie is lost, the next refresh sends
        // the old one, which the server takes for theft.
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
      // Raced, because a replaced `fetch` may ignore the signal.
      return await Promise.race([exchange(), rejectOnAbort(signal)])
    } catch {
      // Error names differ per engine and adapter, so the signal identifies a timeout.
      return { kind: 'unanswered', error: unanswered(where, signal) }
    }
  }
}

// `fetch` also reads inherited options, and `Object.prototype` may be polluted.
function withoutPrototype(): RequestInit {
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

function unanswered(where: string, signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', `${where} got no answer in time.`)
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
