// CSRF cookie: the readable cookie that a request must repeat in a header (double submit).
import { randomText } from '../lib/crypto.ts'
import { type CookieAttributes, readCookies, writeCookie } from './cookie.ts'
import { type Decision, decision, headerValue, refusal, type WireRequest } from './message.ts'

/** The double-submit check of one endpoint. */
export interface CsrfPair {
  readonly cookie: string
  readonly header: string
}

export interface CsrfCookies {
  /** `Set-Cookie` values for a session. A session keeps its value. */
  set(request: WireRequest, session: object, maxAgeSeconds: number): readonly string[]
  /** `Set-Cookie` values that delete the cookies. */
  clear(request: WireRequest): readonly string[]
  /**
   * Refuses a request with the cookie that does not repeat it in the header. A request without the
   * cookie passes unless `isRequired`.
   */
  check(request: WireRequest, pair: CsrfPair | undefined, isRequired: boolean): Decision | undefined
}

export interface CsrfCookiesDeps {
  /** The checks of all endpoints. Each cookie is set once. */
  readonly pairs: readonly (CsrfPair | undefined)[]
  readonly cookie: CookieAttributes
}

export function createCsrfCookies({ pairs, cookie }: CsrfCookiesDeps): CsrfCookies {
  const names = [...new Set(pairs.flatMap((pair) => pair?.cookie ?? []))]
  // Scripts of every page must be able to read the cookie.
  const attributes = { ...cookie, path: '/' }
  const values = new WeakMap<object, string>()

  function csrfValue(session: object): string {
    const value = values.get(session) ?? randomText(24)
    values.set(session, value)
    return value
  }

  function write(request: WireRequest, value: string, maxAgeSeconds: number): readonly string[] {
    return names.map((name) =>
      writeCookie(request, attributes, { name, value, maxAgeSeconds, isHttpOnly: false })
    )
  }

  return {
    set(request, session, maxAgeSeconds) {
      return names.length === 0 ? [] : write(request, csrfValue(session), maxAgeSeconds)
    },

    clear: (request) => write(request, '', 0),

    check(request, pair, isRequired) {
      if (pair === undefined) return undefined
      const cookies = readCookies(request, pair.cookie)
      const repeated = headerValue(request, pair.header)
      const passes =
        cookies.length === 0 ? !isRequired : repeated !== undefined && cookies.includes(repeated)
      if (passes) return undefined
      const description = `the header ${pair.header} must repeat the cookie ${pair.cookie}`
      return decision('csrf_mismatch', refusal(403, 'csrf_mismatch', description))
    }
  }
}
