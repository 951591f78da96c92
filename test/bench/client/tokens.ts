// Tokens of the benchmark: unsigned JWTs of about 600 characters, as long as one with RS256.

interface Lifetime {
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const hourMs = 3_600_000
let lastId = 0

function createToken({ issuedAtMs, expiresAtMs }: Lifetime): string {
  lastId += 1
  const claims = {
    sub: 'user-1',
    sid: 'session-1',
    jti: `token-${lastId}`,
    iat: Math.floor(issuedAtMs / 1000),
    exp: Math.floor(expiresAtMs / 1000),
    scope: 'profile orders invoices '.repeat(6)
  }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'a' })}.${part(claims)}.${'s'.repeat(342)}`
}

/** A token that lives one hour from now. */
export function freshToken(nowMs: number = Date.now()): string {
  return createToken({ issuedAtMs: nowMs, expiresAtMs: nowMs + hourMs })
}

/** A token that was issued two hours ago for one hour. */
export function expiredToken(nowMs: number = Date.now()): string {
  return createToken({ issuedAtMs: nowMs - 2 * hourMs, expiresAtMs: nowMs - hourMs })
}

/** The time at which an expired token was issued. */
export function issueTimeOfExpired(nowMs: number): number {
  return nowMs - 2 * hourMs
}
