// Basic options: users, claims, routes, allowed origins and the clock.
import {
  describe,
  invalid,
  isRecord,
  list,
  matching,
  ownOptions,
  refuseDuplicates,
  seconds,
  shapeOf,
  text
} from '../lib/checks.ts'
import { type OptionTable, type Reader, readTable, type SettingsOf } from '../lib/option-table.ts'
import type { KnownUser, MockUser } from '../sessions/users.ts'
import { readOrigin } from './adapters.ts'

/** Paths of the routes that the contract does not describe, below `basePath`. */
export interface MockPaths {
  /** Default `/me`. */
  readonly me?: string
  /** Default `/.well-known/jwks.json`. */
  readonly jwks?: string
}

export interface MockBasicOptions {
  /** Users who can sign in. Default: `ada@example.com` with the password `lovelace`. */
  readonly users?: readonly MockUser[]
  /** The `iss` claim (RFC 7519 §4.1.1). Default `https://mock.everbearer.test`. */
  readonly issuer?: string
  /** The `aud` claim (RFC 7519 §4.1.3). Default `api`. */
  readonly audience?: string
  /**
   * Lifetime of an access token, in whole seconds from 1 to 31 536 000. A token ends with its
   * session if that ends earlier. Default 300.
   */
  readonly accessTokenSeconds?: number
  /**
   * Prefix of every path, such as `/v1`, without a trailing slash. It stands for the path of the
   * client's `baseURL`. Default: none.
   */
  readonly basePath?: string
  /** Paths of `me` and the JWK Set, below `basePath`. The contract has the others. */
  readonly paths?: MockPaths
  /**
   * Origins of the pages that may call, each as a browser sends it (`https://app.example.com`).
   * Default `loopback`: http(s) origins on `localhost`, `*.localhost`, `127.0.0.0/8` and `[::1]`.
   */
  readonly allowedOrigins?: 'loopback' | readonly string[]
  /**
   * The server's clock: returns milliseconds since the epoch. Default `Date.now`, looked up at each
   * call, so that fake timers work.
   */
  readonly now?: () => number
}

export type BasicSettings = SettingsOf<
  MockBasicOptions,
  {
    readonly users: readonly KnownUser[]
    readonly paths: Readonly<Required<MockPaths>>
    readonly now: (() => number) | undefined
  }
>

/** A path that URL parsing leaves unchanged, and that no router reads as a pattern. */
const pathPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@-]+)+$/
const serverClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time']

const pathOptions: OptionTable<Required<MockPaths>> = {
  me: pathReader('/me'),
  // RFC 8615 reserves this directory for metadata about the host.
  jwks: pathReader('/.well-known/jwks.json')
}

export const basicOptions: OptionTable<BasicSettings> = {
  users: (name, value = [{ email: 'ada@example.com', password: 'lovelace' }]) =>
    readUsers(name, value),
  issuer: (name, value = 'https://mock.everbearer.test') => text(name, value),
  audience: (name, value = 'api') => text(name, value),
  accessTokenSeconds: (name, value = 300) => seconds(name, value, 1),
  basePath: (name, value = '') =>
    value === '' ? '' : matching(name, value, pathPattern, "'' or a path such as '/v1'"),
  paths: (name, value = {}) => readPaths(name, value),
  allowedOrigins: (name, value = 'loopback') =>
    value === 'loopback'
      ? value
      : list(name, value, readOrigin, "'loopback' or an array of origins"),
  now: (name, value) => (value === undefined ? undefined : readClock(name, value))
}

function pathReader(usual: string): Reader<string> {
  return (name, value = usual) => matching(name, value, pathPattern, `a path such as '${usual}'`)
}

/** @throws TypeError if the paths are the same */
function readPaths(name: string, value: unknown): BasicSettings['paths'] {
  const paths = readTable<BasicSettings['paths']>(name, value, pathOptions)
  refuseDuplicates(name, Object.values(paths))
  return paths
}

function readUsers(name: string, value: unknown): readonly KnownUser[] {
  const users = list(name, value, readUser)
  for (const member of ['email', 'sub'] as const) {
    const values = users.map((user) => user[member])
    refuseDuplicates(`${name}[].${member}`, values)
  }
  return users
}

function readUser(name: string, value: unknown, index: number): KnownUser {
  const members = ['email', 'password', 'sub', 'claims'] as const
  const user = ownOptions<Record<(typeof members)[number], unknown>>(name, value, members)
  const { email, password, sub = `user-${index + 1}`, claims = {} } = user
  if (typeof password !== 'string' || password === '') {
    throw invalid(`${name}.password`, 'a non-empty string', shapeOf(password))
  }
  return {
    email: text(`${name}.email`, email),
    password,
    sub: String(Number.isSafeInteger(sub) ? sub : text(`${name}.sub`, sub)),
    id: sub as string | number,
    claims: readClaims(`${name}.claims`, claims)
  }
}

function readClaims(name: string, claims: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(claims)) throw invalid(name, 'an object', shapeOf(claims))
  const taken = serverClaims.find((claim) => Object.hasOwn(claims, claim))
  if (taken !== undefined) throw invalid(name, 'no claim that the server sets', taken)
  let copy: Record<string, unknown>
  try {
    // A token holds claims as JSON. The round trip here finds a cycle before the first login.
    copy = JSON.parse(JSON.stringify(claims))
  } catch {
    throw invalid(name, 'JSON-serialisable claims', 'a value that JSON.stringify() rejects')
  }
  // `bumpTokenVersion` counts up from this number.
  const { token_version: version = 0 } = copy
  if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return copy
  throw invalid(`${name}.token_version`, 'a whole number, 0 or more', describe(version))
}

function readClock(name: string, now: unknown): () => number {
  if (typeof now === 'function') return now as () => number
  throw invalid(name, 'a function that returns milliseconds since the epoch', describe(now))
}
