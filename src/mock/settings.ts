// Turns options into settings, or says which option is wrong, what was expected and what came (never a secret).
import { doorOptionNames, readDoorSettings } from './door-options.ts'
import {
  describe,
  isRecord,
  refuseTwice,
  refuseUnknownNames,
  seconds,
  shapeOf,
  text,
  wrong
} from './expectations.ts'
import type {
  MockAuthServerOptions,
  MockKey,
  MockPaths,
  MockRoutePaths,
  MockSettings,
  MockUser
} from './options.ts'
import { isSerializedOrigin } from './origins.ts'

const aDaySeconds = 86_400
const cookieNamePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
// What a URL keeps as it is and no router takes for a pattern.
const pathPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@-]+)+$/
const serverClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid']
const optionNames = [
  'users',
  'issuer',
  'audience',
  'accessTokenSeconds',
  'sessionSeconds',
  'refreshGraceSeconds',
  'basePath',
  'paths',
  'allowedOrigins',
  'cookieName',
  'keys',
  'now',
  ...doorOptionNames
]

export function readSettings(options: MockAuthServerOptions = {}): MockSettings {
  if (!isRecord(options as unknown)) throw wrong('options', 'be an object', describe(options))
  refuseUnknownNames('', options, optionNames)
  return {
    users: readUsers(options.users ?? [{ email: 'ada@example.com', password: 'lovelace' }]),
    issuer: text('issuer', options.issuer ?? 'https://mock.everbearer.test'),
    audience: text('audience', options.audience ?? 'api'),
    accessTokenSeconds: seconds('accessTokenSeconds', options.accessTokenSeconds ?? 300, 1),
    sessionSeconds: seconds('sessionSeconds', options.sessionSeconds ?? 604_800, 1),
    refreshGraceSeconds: seconds(
      'refreshGraceSeconds',
      options.refreshGraceSeconds ?? 10,
      0,
      aDaySeconds
    ),
    paths: readPaths(options.basePath ?? '', options.paths ?? {}),
    allowedOrigins: readOrigins(options.allowedOrigins ?? 'loopback'),
    cookieName: options.cookieName === undefined ? undefined : readCookieName(options.cookieName),
    keys: readKeys(options.keys),
    now: readClock(options.now),
    ...readDoorSettings(options)
  }
}

function readUsers(users: unknown): readonly Required<MockUser>[] {
  if (!Array.isArray(users)) throw wrong('users', 'be an array', describe(users))
  const read = users.map((user: unknown, index): Required<MockUser> => {
    const name = `users[${index}]`
    if (!isRecord(user)) throw wrong(name, 'be an object', typeof user)
    refuseUnknownNames(`${name}.`, user, ['email', 'password', 'sub', 'claims'])
    const { email, password, sub, claims } = user
    if (typeof password !== 'string' || password === '') {
      throw wrong(`${name}.password`, 'be a string that is not empty', shapeOf(password))
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
  if (!isRecord(claims)) throw wrong(name, 'be an object', shapeOf(claims))
  const taken = serverClaims.find((claim) => Object.hasOwn(claims, claim))
  if (taken !== undefined) throw wrong(name, 'leave the registered claims to the server', taken)
  try {
    // The round trip is what a token will do to them anyway; doing it here shows a cycle before the first login.
    return JSON.parse(JSON.stringify(claims)) as Record<string, unknown>
  } catch {
    throw wrong(name, 'be JSON', 'something that JSON cannot say')
  }
}

function readKeys(keys: unknown): readonly MockKey[] {
  if (keys === undefined) return []
  if (!Array.isArray(keys) || keys.length === 0) {
    throw wrong('keys', 'be an array of at least one key', shapeOf(keys))
  }
  const read = keys.map((key: unknown, index): MockKey => {
    const name = `keys[${index}]`
    if (!isRecord(key)) throw wrong(name, 'be an object', typeof key)
    const { kid, secret } = key
    const byteLength = typeof secret === 'string' ? new TextEncoder().encode(secret).length : 0
    if (typeof secret !== 'string' || byteLength < 32) {
      const received = typeof secret === 'string' ? `${byteLength} bytes` : typeof secret
      throw wrong(`${name}.secret`, 'be a string of at least 32 bytes', received)
    }
    return { kid: text(`${name}.kid`, kid), secret }
  })
  refuseTwice(
    'keys[].kid',
    read.map((key) => key.kid)
  )
  return read
}

function readPaths(basePath: unknown, paths: MockPaths): MockRoutePaths {
  if (basePath !== '' && (typeof basePath !== 'string' || !pathPattern.test(basePath))) {
    throw wrong('basePath', "be '' or a path such as '/v1'", describe(basePath))
  }
  if (!isRecord(paths as unknown)) throw wrong('paths', 'be an object', describe(paths))
  refuseUnknownNames('paths.', paths, ['login', 'refresh', 'logout', 'me'])
  const join = (name: keyof MockRoutePaths): string => {
    const path: unknown = paths[name] ?? `/${name}`
    if (typeof path !== 'string' || !pathPattern.test(path)) {
      throw wrong(`paths.${name}`, `be a path such as '/${name}'`, describe(path))
    }
    return basePath + path
  }
  const joined = {
    login: join('login'),
    refresh: join('refresh'),
    logout: join('logout'),
    me: join('me')
  }
  refuseTwice('paths', Object.values(joined))
  return joined
}

function readOrigins(origins: unknown): 'loopback' | readonly string[] {
  if (origins === 'loopback') return origins
  if (!Array.isArray(origins)) {
    throw wrong('allowedOrigins', "be 'loopback' or an array of origins", describe(origins))
  }
  return origins.map((origin: unknown, index): string => {
    if (typeof origin === 'string' && isSerializedOrigin(origin)) return origin
    const expectation = "be an origin such as 'https://app.example.com', without a path or a slash"
    throw wrong(`allowedOrigins[${index}]`, expectation, describe(origin))
  })
}

function readCookieName(name: unknown): string {
  if (typeof name === 'string' && cookieNamePattern.test(name)) return name
  throw wrong('cookieName', 'be a token of RFC 6265 §4.1.1', describe(name))
}

function readClock(now: unknown): () => number {
  if (now === undefined) return () => Date.now()
  if (typeof now === 'function') return now as () => number
  throw wrong('now', 'be a function that returns milliseconds since the epoch', describe(now))
}
