// Cookie options: name and attributes of the refresh cookie, restricted to what browsers accept.
import type { CookieSettings, MockCookieAttributes } from '../http/refresh-cookie.ts'
import { describe, flag, invalid, matching, oneOf, tokenPattern } from '../lib/checks.ts'
import { type OptionTable, readTable, type SettingsOf } from './table.ts'

export interface MockCookieOptions {
  /**
   * Name of the refresh cookie. Default: `__Host-refresh_token` over https
   * (`__Secure-refresh_token` if the cookie has a path or a domain). Over plain http, which is
   * meant for loopback only, the default is `refresh_token`, without `Secure`.
   */
  readonly cookieName?: string
  /** Attributes of the refresh cookie. */
  readonly cookie?: MockCookieAttributes
}

const pathPattern = /^\/[\x21-\x3a\x3c-\x7e]*$/
const domainPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i

const attributes: OptionTable<CookieSettings['cookie']> = {
  path: (name, value = '/') => matching(name, value, pathPattern, "a path such as '/auth'"),
  domain: (name, value) =>
    value === undefined
      ? undefined
      : matching(name, value, domainPattern, "a host such as 'example.com'"),
  sameSite: (name, value = 'Strict') => oneOf(name, value, ['Strict', 'Lax', 'None']),
  secure: (name, value = 'auto') => readSecure(name, value),
  partitioned: (name, value = false) => flag(name, value),
  persistent: (name, value = true) => flag(name, value)
}

export const cookieOptions: OptionTable<SettingsOf<MockCookieOptions, CookieSettings>> = {
  cookieName: (name, value) =>
    value === undefined
      ? undefined
      : matching(name, value, tokenPattern, 'a cookie name (RFC 6265 §4.1.1)'),
  cookie: (name, value = {}) => readTable(name, value, attributes)
}

/**
 * A browser silently drops a `__Host-` cookie that has a path or a domain (6265bis §4.1.3).
 * @throws TypeError for such a cookie
 */
export function checkCookieName({ cookieName, cookie }: CookieSettings): void {
  if (cookieName === undefined || !/^__Host-/i.test(cookieName)) return
  if (cookie.path === '/' && cookie.domain === undefined) return
  const expectation = "a name without '__Host-', because the cookie has a path or a domain"
  throw invalid('cookieName', expectation, describe(cookieName))
}

function readSecure(name: string, value: unknown): 'auto' | true {
  if (value === 'auto' || value === true) return value
  throw invalid(name, "'auto' or true", describe(value))
}
