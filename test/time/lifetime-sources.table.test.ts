// Lifetime of a token: `expires_in`, `exp`, `iat`, the `Date` header and the clocks, in agreement
// and in contradiction.
import { describe, expect, it } from 'vitest'
import {
  type LifetimeFacts,
  measureLifetime,
  remainingLifetimeSeconds
} from '../../src/lib/token-lifetime.ts'

/** The server's time when the token arrives, in seconds since the epoch. */
const now = 1_800_000_000
const day = 86_400

interface Row {
  readonly name: string
  readonly expiresIn?: number
  /** Seconds before now. */
  readonly issuedAgo?: number
  /** Seconds after now. */
  readonly expiresAfter?: number
  /** Seconds by which the `Date` header is ahead of now. */
  readonly date?: number
  /** Seconds by which the device's clock is ahead. */
  readonly device?: number
  readonly isSignIn?: boolean
  /** The token of the same session that was received so many seconds ago. */
  readonly previous?: {
    readonly ago: number
    readonly issuedAgo?: number
    readonly expiresAfter: number
    readonly lifetime: number | undefined
    /** Seconds by which the device's clock was set forward since then. */
    readonly stepped?: number
  }
  readonly seconds: number | undefined
  readonly isContradicted?: boolean
}

function toFacts(row: Row): LifetimeFacts {
  const { expiresIn, issuedAgo, expiresAfter, date, device = 0, isSignIn = false, previous } = row
  const receivedAt = { wallMs: (now + device) * 1000, monotonicMs: 1_000_000 }
  const claimsOf = (ago: number | undefined, after: number | undefined) => ({
    iat: ago === undefined ? undefined : now - ago,
    exp: after === undefined ? undefined : now + after
  })
  const isOpaque = issuedAgo === undefined && expiresAfter === undefined
  return {
    claims: isOpaque ? undefined : claimsOf(issuedAgo, expiresAfter),
    expiresInSeconds: expiresIn,
    serverNowMs: date === undefined ? undefined : (now + date) * 1000,
    receivedAt,
    isSignIn,
    previous: previous && {
      claims: claimsOf(previous.issuedAgo, previous.expiresAfter),
      lifetimeSeconds: previous.lifetime,
      receivedAt: {
        wallMs: receivedAt.wallMs - (previous.ago + (previous.stepped ?? 0)) * 1000,
        monotonicMs: receivedAt.monotonicMs - previous.ago * 1000
      }
    }
  }
}

const signIn = { isSignIn: true }
const fresh = { issuedAgo: 0, expiresAfter: 300 }
/** The `iat` is that of the sign-in an hour ago, as SimpleJWT copies it. */
const oldIat = { issuedAgo: 3600, expiresAfter: 300 }

const agreeing: readonly Row[] = [
  { name: 'an opaque token with expires_in', expiresIn: 300, seconds: 300 },
  { name: 'an opaque token without expires_in', seconds: undefined },
  { name: 'an opaque token with expires_in 0', expiresIn: 0, seconds: undefined },
  { name: 'an opaque token with a negative expires_in', expiresIn: -1, seconds: undefined },
  { name: 'a JWT with expires_in and claims', expiresIn: 300, ...fresh, seconds: 300 },
  { name: 'a JWT with claims alone, from a sign-in', ...fresh, ...signIn, seconds: 300 },
  { name: 'a JWT with claims alone, on page load', ...fresh, seconds: 300 },
  { name: 'a JWT with claims and a Date header', ...fresh, date: 0, seconds: 300 },
  { name: 'a JWT with exp and a Date header', expiresAfter: 300, date: 0, seconds: 300 },
  { name: 'a JWT with exp alone', expiresAfter: 300, seconds: 300 },
  { name: 'a JWT with exp alone, from a sign-in', expiresAfter: 300, ...signIn, seconds: 300 },
  { name: 'a JWT with iat and expires_in', issuedAgo: 0, expiresIn: 300, seconds: 300 },
  { name: 'a JWT with iat alone', issuedAgo: 0, ...signIn, seconds: undefined },
  {
    name: 'a lifetime of half a second',
    expiresIn: 0.5,
    seconds: 1
  },
  { name: 'a lifetime of a thousand years', expiresIn: 1000 * 365 * day, seconds: 36_500 * day }
]

const contradicting: readonly Row[] = [
  {
    name: 'expires_in in milliseconds',
    expiresIn: 300_000,
    ...fresh,
    ...signIn,
    seconds: 300,
    isContradicted: true
  },
  {
    name: 'expires_in as the time since the epoch',
    expiresIn: now + 300,
    ...fresh,
    ...signIn,
    seconds: 300,
    isContradicted: true
  },
  {
    name: 'expires_in in milliseconds beside exp alone',
    expiresIn: 900_000,
    expiresAfter: 900,
    ...signIn,
    seconds: 900,
    isContradicted: true
  },
  {
    name: 'expires_in in milliseconds and a Date header',
    expiresIn: 300_000,
    ...fresh,
    date: 0,
    seconds: 300,
    isContradicted: true
  },
  {
    name: 'expires_in in seconds that is read in milliseconds, from a sign-in',
    expiresIn: 0.3,
    ...fresh,
    ...signIn,
    seconds: 300,
    isContradicted: true
  },
  {
    name: 'expires_in in seconds that is read in milliseconds, and an old iat',
    expiresIn: 0.3,
    ...oldIat,
    seconds: 1
  },
  {
    name: 'expires_in that is far shorter than the claims, but not in another unit',
    expiresIn: 60,
    issuedAgo: 0,
    expiresAfter: day,
    ...signIn,
    seconds: 60
  },
  { name: 'expires_in 0', expiresIn: 0, ...fresh, ...signIn, seconds: 300 },
  {
    name: 'expires_in that is rounded up by a second',
    expiresIn: 301,
    ...fresh,
    ...signIn,
    seconds: 300
  },
  {
    name: 'expires_in that is shorter than the claims',
    expiresIn: 60,
    issuedAgo: 0,
    expiresAfter: 999,
    ...signIn,
    seconds: 60
  },
  {
    name: 'exp that is not after iat',
    issuedAgo: -400,
    expiresAfter: 300,
    ...signIn,
    seconds: 300
  },
  {
    name: 'exp in milliseconds, from a sign-in',
    issuedAgo: 0,
    expiresAfter: 999 * now,
    ...signIn,
    seconds: 36_500 * day
  }
]

const olderIat: readonly Row[] = [
  { name: 'a Date header', ...oldIat, date: 0, seconds: 300 },
  { name: 'expires_in', ...oldIat, expiresIn: 300, seconds: 300 },
  { name: 'the device’s clock on page load', ...oldIat, seconds: 300 },
  {
    name: 'the previous token, if iat is the same',
    ...oldIat,
    device: -7200,
    previous: { ago: 240, issuedAgo: 3600, expiresAfter: 60, lifetime: 300 },
    seconds: 300
  },
  {
    name: 'the previous token, with a device’s clock that is ahead by most of the lifetime',
    ...oldIat,
    device: 295,
    previous: { ago: 240, issuedAgo: 3600, expiresAfter: 60, lifetime: 300 },
    seconds: 300
  },
  {
    name: 'the device’s clock, if the lifetime of the previous token is unknown',
    ...oldIat,
    previous: { ago: 240, issuedAgo: 3600, expiresAfter: 60, lifetime: undefined },
    seconds: 300
  },
  {
    name: 'iat in the worst case, with a device’s clock that is a day ahead on page load',
    ...oldIat,
    device: day,
    seconds: 3900
  }
]

const wrongClocks: readonly Row[] = [
  {
    name: 'a clock that is ahead by most of the lifetime, from a sign-in',
    ...fresh,
    ...signIn,
    device: 299,
    seconds: 300
  },
  {
    name: 'a clock that is ahead by most of the lifetime, with a Date header',
    ...fresh,
    date: 0,
    device: 299,
    seconds: 300
  },
  {
    name: 'a clock that is ahead by most of the lifetime, with expires_in',
    ...fresh,
    expiresIn: 300,
    device: 299,
    seconds: 300
  },
  {
    name: 'a clock that is ahead by most of the lifetime, with exp and expires_in',
    expiresAfter: 300,
    expiresIn: 300,
    device: 270,
    seconds: 300
  },
  {
    name: 'a clock that is ahead by most of the lifetime, once on page load',
    ...fresh,
    device: 299,
    seconds: 5
  },
  {
    name: 'the same clock after iat has moved on',
    ...fresh,
    device: 299,
    previous: { ago: 4, issuedAgo: 4, expiresAfter: 296, lifetime: 5 },
    seconds: 300
  },
  { name: 'a clock that is a day behind, on page load', ...fresh, device: -day, seconds: 300 },
  { name: 'a clock that is a day ahead, on page load', ...fresh, device: day, seconds: 300 },
  {
    name: 'a clock that is a day ahead, with exp alone',
    expiresAfter: 300,
    device: day,
    seconds: undefined
  },
  {
    name: 'a clock that is a second ahead of exp alone',
    expiresAfter: 300,
    device: 301,
    seconds: undefined
  },
  { name: 'a clock that is a second behind exp alone', expiresAfter: 300, device: 299, seconds: 5 },
  {
    name: 'a clock that was set forward by a day since the previous token',
    ...oldIat,
    device: day,
    previous: { ago: 240, issuedAgo: 3600, expiresAfter: 60, lifetime: 300, stepped: day },
    seconds: 3900
  },
  { name: 'a Date header that is a day ahead', ...fresh, ...signIn, date: day, seconds: 300 },
  { name: 'a Date header that is a day behind', ...fresh, ...signIn, date: -day, seconds: 300 }
]

describe.each([
  ['if the sources agree', agreeing],
  ['if the sources contradict each other', contradicting],
  ['if iat is older than the token, by', olderIat],
  ['with', wrongClocks]
])('measures the lifetime of a token %s', (_, rows) => {
  it.each(rows)('$name', (row) => {
    expect(measureLifetime(toFacts(row))).toEqual({
      seconds: row.seconds,
      isContradicted: row.isContradicted ?? false
    })
  })
})

it.each([
  ['by exp and the device’s clock', { issuedAgo: 100, expiresAfter: 200 }, 200],
  ['by exp alone', { expiresAfter: 200 }, 200],
  ['by expires_in of an opaque token', { expiresIn: 200 }, 200],
  ['by the shortest of exp and expires_in', { expiresAfter: 200, expiresIn: 150 }, 150],
  [
    'by iat if the device’s clock is behind',
    { issuedAgo: 100, expiresAfter: 200, device: -day },
    300
  ],
  ['as expired by exp', { issuedAgo: 400, expiresAfter: -100 }, 0],
  ['as expired by exp, although expires_in is positive', { expiresAfter: -1, expiresIn: 300 }, 0],
  ['as expired by expires_in', { issuedAgo: 0, expiresAfter: 300, expiresIn: 0 }, 0],
  ['as expired by expires_in of an opaque token', { expiresIn: 0 }, 0],
  ['as expired by a negative expires_in of an opaque token', { expiresIn: -1 }, 0],
  ['as unknown with iat alone', { issuedAgo: 100 }, undefined],
  ['as unknown without any source', {}, undefined]
])('measures the rest of an initial token %s', (_, row: Omit<Row, 'name' | 'seconds'>, seconds) => {
  const facts = toFacts({ name: '', seconds: undefined, ...row })
  expect(remainingLifetimeSeconds(facts, facts.receivedAt)).toBe(seconds)
})
