// The attributes of the refresh cookie: safe by default, and refused where a browser would refuse them.
import type { CookieSettings } from '../http/refresh-cookie.ts'
import { describe, invalid, oneOf, ownOptions } from '../lib/checks.ts'

const namePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const pathPattern = /^\/[\x21-\x3a\x3c-\x7e]*$/
const domainPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i
const names = ['path', 'domain', 'sameSite', 'secure', 'partitioned', 'persistent']

export function readCookieSettings(name: unknown, given: unknown = {}): CookieSettings {
  const attributes = ownOptions('cookie', given, names)
  const { path = '/', domain, secure = 'auto', partitioned = false, persistent = true } = attributes
  if (typeof path !== 'string' || !pathPattern.test(path)) {
    throw invalid('cookie.path', "a path such as '/auth'", describe(path))
  }
  if (domain !== undefined && (typeof domain !== 'string' || !domainPattern.test(domain))) {
    throw invalid('cookie.domain', "a host such as 'example.com'", describe(domain))
  }
  if (secure !== 'auto' && secure !== true) {
    throw invalid('cookie.secure', "'auto' or true", describe(secure))
  }
  const cookieName = name === undefined ? undefined : readName(name)
  // A browser drops such a cookie without a word (6265bis §4.1.3).
  if (isHostOnly(cookieName) && (path !== '/' || domain !== undefined)) {
    const expectation = "a name without '__Host-', because the cookie has a path or a domain"
    throw invalid('cookieName', expectation, describe(cookieName))
  }
  return {
    cookieName,
    cookie: {
      path,
      domain,
      sameSite: oneOf('cookie.sameSite', attributes.sameSite ?? 'Strict', [
        'Strict',
        'Lax',
        'None'
      ]),
      secure,
      partitioned: readSwitch('cookie.partitioned', partitioned),
      persistent: readSwitch('cookie.persistent', persistent)
    }
  }
}

function isHostOnly(name: string | undefined): boolean {
  return name !== undefined && /^__Host-/i.test(name)
}

function readName(name: unknown): string {
  if (typeof name === 'string' && namePattern.test(name)) return name
  throw invalid('cookieName', 'a token of RFC 6265 §4.1.1', describe(name))
}

function readSwitch(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', describe(value))
}
