// Readers of single options: own properties only, of the right type and range, or an error that names the option.
import { AuthError } from './errors.ts'
import type { Platform } from './platform.ts'
import { isSecureUrl, parseUrl } from './url.ts'

/** What each part of the platform has to be; storage, locks and channel may be absent from a platform altogether. */
const platformParts = {
  fetch: 'function',
  now: 'function',
  monotonicNow: 'function',
  setTimer: 'function',
  random: 'function',
  randomId: 'function',
  pageUrl: 'function',
  isVisible: 'function',
  isOnline: 'function',
  onWake: 'function',
  warn: 'function',
  onPageHide: 'function',
  storage: 'object',
  locks: 'object',
  openChannel: 'function'
} satisfies Record<keyof Platform, 'function' | 'object'>

export function checkBaseURL(baseURL: string): void {
  const expectation = 'an https URL (http on the loopback only) or a path such as "/api"'
  const isPath = baseURL === '' || /^(\.{0,2}\/)(?!\/)/.test(baseURL)
  if (isPath) return
  // `localhost:4000` parses, as a URL of the scheme `localhost`.
  const url = parseUrl(baseURL.startsWith('//') ? `https:${baseURL}` : baseURL)
  if (url === undefined || !/^(https?:)?\/\//i.test(baseURL)) {
    throw invalid('baseURL', `${expectation}; did you leave out the "https://"?`, baseURL)
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('baseURL', `${expectation} without a user name`, undefined)
  }
  if (!isSecureUrl(url)) throw invalid('baseURL', expectation, baseURL)
}

export function checkHeaderName(name: string): void {
  if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name))
    throw invalid('reissuedTokenHeader', 'a header name (RFC 9110 §5.1)', name)
}

// A copy: the list is an access rule, and whoever handed it in may go on using it.
export function readOrigins(origins: unknown): readonly string[] | undefined {
  if (origins === undefined) return undefined
  const expectation =
    'an array of origins such as "https://api.example.com" (http on the loopback only)'
  if (!Array.isArray(origins)) throw invalid('trustedOrigins', expectation, origins)
  return origins.map((origin: unknown) => {
    const url = typeof origin === 'string' ? parseUrl(origin) : undefined
    if (url === undefined || url.href.replace(/\/$/, '') !== url.origin || !isSecureUrl(url)) {
      throw invalid('trustedOrigins', expectation, origin)
    }
    return url.origin
  })
}

// What is `undefined` is left out, and so replaces nothing; but for the parts that a platform may lack.
export function readPlatform(platform: Partial<Platform> = {}): Partial<Platform> {
  checkRecord('platform', platform, Object.keys(platformParts))
  const parts: [string, unknown][] = []
  for (const [name, type] of Object.entries(platformParts)) {
    if (!Object.hasOwn(platform, name)) continue
    const part: unknown = Reflect.get(platform, name)
    const isAbsent = part === undefined || part === null
    if (isAbsent && type === 'function' && name !== 'openChannel') continue
    if (!isAbsent && typeof part !== type) throw invalid(`platform.${name}`, `a ${type}`, part)
    parts.push([name, isAbsent ? undefined : part])
  }
  return Object.fromEntries(parts)
}

// An unknown name is a slip of the pen: it would change nothing, silently.
export function checkRecord(
  option: string,
  value: unknown,
  names: readonly string[]
): asserts value is object {
  if (typeof value !== 'object' || value === null) throw invalid(option, 'an object', value)
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    const label = option === 'options' ? name : `${option}.${name}`
    throw invalid(label, `no such option; there are ${names.join(', ')}`, undefined)
  }
}

// Own properties only: a polluted Object.prototype must not change the client.
export function own<Options extends object, Name extends keyof Options>(
  options: Options,
  name: Name
): Options[Name] | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

export function readText<Options extends object>(
  options: Options,
  name: keyof Options & string,
  fallback: string,
  label: string = name
): string {
  const value: unknown = own(options, name)
  if (value === undefined) return fallback
  if (typeof value !== 'string') throw invalid(label, 'a string', value)
  return value
}

/** A nested record of options; an empty one where it is not given. */
export function readRecord<Options extends object, Name extends 'paths' | 'idlePolicy'>(
  options: Options & { readonly [Key in Name]?: object | undefined },
  name: Name,
  names: readonly string[]
): NonNullable<Options[Name & keyof Options]> {
  const value: unknown = Object.hasOwn(options, name) ? options[name] : undefined
  const record = value === undefined ? {} : value
  checkRecord(name, record, names)
  return record as NonNullable<Options[Name & keyof Options]>
}

export function readNumber<Options extends object, Fallback extends number | undefined>(
  options: Options,
  name: keyof Options & string,
  fallback: Fallback,
  least: number
): number | Fallback {
  const value: unknown = own(options, name)
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw invalid(name, `a finite number of at least ${least}`, value)
  }
  return value
}

export function readFunction<Options extends object, Name extends keyof Options & string>(
  options: Options,
  name: Name
): Options[Name] | undefined {
  const value: unknown = own(options, name)
  if (value !== undefined && typeof value !== 'function') throw invalid(name, 'a function', value)
  return value as Options[Name] | undefined
}

export function readOneOf<Options extends object, Value extends string | boolean>(
  options: Options,
  name: keyof Options & string,
  allowed: readonly Value[],
  otherwise = '',
  label: string = name
): Value | undefined {
  const value: unknown = own(options, name)
  if (value === undefined || allowed.includes(value as Value)) return value as Value | undefined
  const expectation = `one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}${otherwise}`
  throw invalid(label, expectation, value)
}

export function invalid(option: string, expectation: string, received?: unknown): AuthError {
  const shown = received === undefined ? '' : `; received ${describe(received)}`
  return new AuthError(
    'ERR_AUTH_INVALID_OPTIONS',
    `Option ${option}: expected ${expectation}${shown}.`
  )
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  return typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'an array'
      : 'an object'
    : String(value)
}
