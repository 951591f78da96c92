// Cookie options: name and attributes of the refresh cookie, restricted to what browsers accept.
import { describe, flag, invalid, matching, oneOf, tokenPattern } from '../lib/checks.ts'
import { type OptionTable, readTable, type SettingsOf } from '../lib/option-table.ts'

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

/** Attributes of the refresh cookie (RFC 6265 §4.1.2, 6265bis). It is always `HttpOnly`. */
export interface MockCookieAttributes {
  /** Default `/`, which the prefix `__Host-` requires. */
  readonly path?: string
  /** Default: none, so that no other host receives or sets the cookie. */
  readonly domain?: string
  /** Default `Strict`. `None` allows pages of other sites, and makes the cookie `Secure`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None'
  /** Default `auto`: `Secure` over https, or if the name or another attribute requires it. */
  readonly secure?: 'auto' | true
  /**
   * Keeps one cookie for each site that embeds the page (CHIPS). Default `false`; `true` makes the
   * cookie `Secure`.
   */
  readonly partitioned?: boolean
  /**
   * Keeps the cookie after the browser closes, until the session ends. Default `true`: the cookie
   * has a `Max-Age`.
   */
  readonly persistent?: boolean
}

export type CookieSettings = SettingsOf<
  MockCookieOptions,
  { readonly cookieName: string | undefined; readonly cookie: CookieAttributes }
>

type CookieAttributes = SettingsOf<MockCookieAttributes, { readonly domain: string | undefined }>

const pathPattern = /^\/[\x21-\x3a\x3c-\x7e]*$/
const domainPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i

const attributes: OptionTable<CookieAttributes> = {
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

export const cookieOptions: OptionTable<CookieSettings> = {
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
