// Turns options into settings, or says which option is wrong, what was expected and what came (never a secret).

import { isSerializedOrigin } from '../http/origins.ts'
import type { MockRoutePaths } from '../http/routes.ts'
import {
  describe,
  invalid,
  isRecord,
  ownOptions,
  refuseTwice,
  seconds,
  shapeOf,
  text
} from '../lib/checks.ts'
import type { MockUser } from '../sessions/users.ts'
import { adapterOptionNames, readAdapterSettings } from './adapters.ts'
import { readCookieSettings } from './cookies.ts'
import { keyOptionNames, readKeySettings } from './keys.ts'
import { monitorOptionNames, readMonitorSettings } from './monitor.ts'
import { readReissueSettings, reissueOptionNames } from './reissue.ts'
import type { MockAuthServerOptions, MockPaths, MockSettings } from './server.ts'
import { readSessionSettings, sessionOptionNames } from './sessions.ts'

// What a URL keeps as it is and no router takes for a pattern.
const pathPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@-]+)+$/
const serverClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time']
const optionNames: readonly (keyof MockAuthServerOptions)[] = [
  'users',
  'issuer',
  'audience',
  'accessTokenSeconds',
  'basePath',
  'paths',
  'allowedOrigins',
  'cookieName',
  'cookie',
  'now',
  ...keyOptionNames,
  ...sessionOptionNames,
  ...reissueOptionNames,
  ...monitorOptionNames,
  ...adapterOptionNames
]

export function readSettings(given: MockAuthServerOptions = {}): MockSettings {
  const options = ownOptions<MockAuthServerOptions>('options', given, optionNames, { prefix: '' })
  const issuer = text('issuer', options.issuer ?? 'https://mock.everbearer.test')
  const accessTokenSeconds = seconds('accessTokenSeconds', options.accessTokenSeconds ?? 300, 1)
  return {
    users: readUsers(options.users ?? [{ email: 'ada@example.com', password: 'lovelace' }]),
    issuer,
    audience: text('audience', options.audience ?? 'api'),
    accessTokenSeconds,
    paths: readPaths(options.basePath ?? '', options.paths ?? {}),
    allowedOrigins: readOrigins(options.allowedOrigins ?? 'loopback'),
    ...readCookieSettings(options.cookieName, options.cookie),
    now: readClock(options.now),
    ...readKeySettings(options, issuer),
    ...readSessionSettings(options, accessTokenSeconds),
    ...readReissueSettings(options),
    ...readMonitorSettings(options),
    ...readAdapterSettings(options)
  }
}

function readUsers(users: unknown): readonly Required<MockUser>[] {
  if (!Array.isArray(users)) throw invalid('users', 'an array', describe(users))
  const read = users.map((user: unknown, index): Required<MockUser> => {
    const name = `users[${index}]`
    const { email, password, sub, claims } = ownOptions<
      Record<'email' | 'password' | 'sub' | 'claims', unknown>
    >(name, user, ['email', 'password', 'sub', 'claims'])
    if (typeof password !== 'string' || password === '') {
      throw invalid(`${name}.password`, 'a non-empty string', shapeOf(password))
    }
    return {
      email: text(`${name}.email`, email),
      password,
      sub: text(`${name}.sub`, sub ?? `user-${index + 1}`),
      claims: readClaims(`${name}.claims`, claims ?? {})
    }
  })
  refuseTwice(
    'users[].email',
    read.map((user) => user.email)
  )
  refuseTwice(
    'users[].sub',
    read.map((user) => user.sub)
  )
  return read
}

function readClaims(name: string, claims: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(claims)) throw invalid(name, 'an object', shapeOf(claims))
  const taken = serverClaims.find((claim) => Object.hasOwn(claims, claim))
  if (taken !== undefined) throw invalid(name, 'no claim that the server sets', taken)
  let read: Record<string, unknown>
  try {
    // The round trip is what a token will do to them anyway; doing it here shows a cycle before the first login.
    read = JSON.parse(JSON.stringify(claims))
  } catch {
    throw invalid(name, 'JSON', 'a value that is not JSON-serialisable')
  }
  // A new version has to be a higher one.
  const { token_version: version = 0 } = read
  if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return read
  throw invalid(`${name}.token_version`, 'a whole number, 0 or more', describe(version))
}

function readPaths(basePath: unknown, given: unknown): MockRoutePaths {
  if (basePath !== '' && (typeof basePath !== 'string' || !pathPattern.test(basePath))) {
    throw invalid('basePath', "'' or a path such as '/v1'", describe(basePath))
  }
  const names = ['login', 'refresh', 'logout', 'me', 'jwks'] as const
  const paths = ownOptions<MockPaths>('paths', given, names)
  const join = (name: keyof MockRoutePaths, usual = `/${name}`): string => {
    const path: unknown = paths[name] ?? usual
    if (typeof path !== 'string' || !pathPattern.test(path)) {
      throw invalid(`paths.${name}`, `a path such as '${usual}'`, describe(path))
    }
    return basePath + path
  }
  const joined = {
    login: join('login'),
    refresh: join('refresh'),
    logout: join('logout'),
    me: join('me'),
    // RFC 8615: what is well known about a host stands in this one directory.
    jwks: join('jwks', '/.well-known/jwks.json')
  }
  refuseTwice('paths', Object.values(joined))
  return joined
}

function readOrigins(origins: unknown): 'loopback' | readonly string[] {
  if (origins === 'loopback') return origins
  if (!Array.isArray(origins)) {
    throw invalid('allowedOrigins', "'loopback' or an array of origins", describe(origins))
  }
  return origins.map((origin: unknown, index): string => {
    if (typeof origin === 'string' && isSerializedOrigin(origin)) return origin
    const expectation = "an origin such as 'https://app.example.com', without a path or a slash"
    throw invalid(`allowedOrigins[${index}]`, expectation, describe(origin))
  })
}

function readClock(now: unknown): () => number {
  if (now === undefined) return () => Date.now()
  if (typeof now === 'function') return now as () => number
  throw invalid('now', 'a function that returns milliseconds since the epoch', describe(now))
}
