// Wrong tokens: access tokens that are refused, each for its own reason.
import { createHmac } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  kidOf,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const secret = 'a secret that the test knows as well'
const other = 'another secret, which the server lacks'
const keys = [{ kid: 'test-key', secret }]

interface Forgery {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly secret?: string
}

async function setUp() {
  const { server, clock } = createServerWithClock({ keys })
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  /** The valid token with some parts replaced. */
  const forge = ({ header = {}, claims = {}, secret: signedWith = secret }: Forgery) =>
    new SignJWT({ ...claimsOf(token), ...claims } as JWTPayload)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key', ...header })
      .sign(new TextEncoder().encode(signedWith))
  return { server, clock, ada, token, forge }
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a token signed with the right key', () => {
  it('is accepted if its header and claims are unchanged', async () => {
    const { ada, forge } = await setUp()
    expect((await ada.me(await forge({}))).status).toBe(200)
  })

  const seconds = Date.UTC(2030, 0, 1) / 1000
  const invalid: [string, string, Forgery][] = [
    ['of another issuer', 'wrong_issuer', { claims: { iss: 'https://evil.test' } }],
    ['without an issuer', 'wrong_issuer', { claims: { iss: undefined } }],
    ['for another audience', 'wrong_audience', { claims: { aud: 'files' } }],
    ['without an audience', 'wrong_audience', { claims: { aud: undefined } }],
    ['that is an ID token', 'wrong_type', { header: { typ: 'JWT' } }],
    ['without a type', 'wrong_type', { header: { typ: undefined } }],
    ['that has expired', 'token_expired', { claims: { exp: seconds } }],
    ['without an expiry', 'malformed_claims', { claims: { exp: undefined } }],
    ['with a text as exp', 'malformed_claims', { claims: { exp: 'never' } }],
    ['with a text as nbf', 'malformed_claims', { claims: { nbf: 'later' } }],
    ['that is not valid yet', 'token_not_yet_valid', { claims: { nbf: seconds + 1 } }],
    ['with an unknown jti', 'token_revoked', { claims: { jti: 'mine' } }],
    ['of an unknown session', 'token_revoked', { claims: { sid: 'mine' } }],
    ['of an unknown user', 'unknown_subject', { claims: { sub: 'user-2' } }],
    ['without a session', 'malformed_claims', { claims: { sid: undefined } }],
    ['with a number as subject', 'malformed_claims', { claims: { sub: 7 } }],
    ['without a kid', 'missing_kid', { header: { kid: undefined } }],
    ['with a number as kid', 'missing_kid', { header: { kid: 1 } }],
    ['with an unknown kid', 'unknown_kid', { header: { kid: 'key-2' } }],
    ['with the name of a built-in as kid', 'unknown_kid', { header: { kid: '__proto__' } }],
    ['with a path as kid', 'unknown_kid', { header: { kid: '../../dev/null' } }]
  ]
  it.each(invalid)('%s is refused as %s', async (_name, reason, forgery) => {
    const { server, ada, forge } = await setUp()
    const answer = await ada.me(await forge(forgery))

    expect(answer.status).toBe(401)
    expect(answer.header('www-authenticate')).toMatch(
      /^Bearer error="invalid_token", error_description="[^"]+"$/
    )
    expect(JSON.parse(answer.body).error).toBe('invalid_token')
    expect(outcome(server)).toBe(reason)
  })
})

it('a token with an infinite exp is refused', async () => {
  const { server, ada, token } = await setUp()
  const { exp, ...claims } = claimsOf(token)
  const header = part({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key' })
  const ask = (expiry: string) => {
    const text = `${JSON.stringify(claims).slice(0, -1)},"exp":${expiry}}`
    const input = `${header}.${Buffer.from(text).toString('base64url')}`
    const signature = createHmac('sha256', secret).update(input).digest('base64url')
    return ada.me(`${input}.${signature}`)
  }
  expect((await ask(String(exp))).status).toBe(200)
  expect((await ask('1e400')).status).toBe(401)
  expect(outcome(server)).toBe('malformed_claims')
})

it('a token signed by another key with the same kid is refused', async () => {
  const { server, ada, forge } = await setUp()
  expect((await ada.me(await forge({ secret: other }))).status).toBe(401)
  expect(outcome(server)).toBe('bad_signature')
})

it.each(['none', 'None', 'HS384', 'RS256', 'ES256'])(
  'a token with the algorithm %s is refused before its signature is checked',
  async (alg) => {
    const { server, ada, token } = await setUp()
    const [, payload, signature] = token.split('.')
    const header = part({ alg, typ: 'at+jwt', kid: kidOf(token) })

    for (const forged of [`${header}.${payload}.`, `${header}.${payload}.${signature}`]) {
      expect((await ada.me(forged)).status).toBe(401)
      expect(outcome(server)).toBe('alg_not_allowed')
    }
  }
)

it('a token with a changed claim is refused', async () => {
  const { server, ada, token } = await setUp()
  const [header, , signature] = token.split('.')
  const payload = part({ ...claimsOf(token), role: 'admin' })

  expect((await ada.me(`${header}.${payload}.${signature}`)).status).toBe(401)
  expect(outcome(server)).toBe('bad_signature')
})

it('a token with an unknown critical extension is refused', async () => {
  const { server, ada, token } = await setUp()
  const [, payload, signature] = token.split('.')
  const header = part({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key', crit: ['x'], x: 1 })

  expect((await ada.me(`${header}.${payload}.${signature}`)).status).toBe(401)
  expect(outcome(server)).toBe('malformed_token')
})

it.each([
  ['no header', [], 'missing_token'],
  ['another scheme', ['Basic YWRhOmxvdmVsYWNl'], 'missing_token'],
  ['an empty header', [''], 'missing_token'],
  ['a token without a scheme', ['TOKEN'], 'missing_token'],
  ['a scheme without a token', ['Bearer'], 'malformed_token'],
  ['two credentials in one', ['Bearer TOKEN, Bearer TOKEN'], 'malformed_token'],
  ['a token with a space in it', ['Bearer TOKEN x'], 'malformed_token'],
  ['two headers', ['Bearer TOKEN', 'Bearer TOKEN'], 'malformed_token'],
  ['a token of one part', ['Bearer word'], 'malformed_token'],
  ['a token of three arbitrary parts', ['Bearer a.b.c'], 'malformed_token'],
  ['a lower-case scheme', ['bearer TOKEN'], 'accepted'],
  ['two spaces', ['Bearer  TOKEN'], 'accepted']
])('an Authorization header with %s, %o, has the outcome %s', async (_name, values, expected) => {
  const { server, token } = await setUp()
  const headers = values.map((value): [string, string] => [
    'Authorization',
    value.replaceAll('TOKEN', token)
  ])
  const answer = await server.handle({ method: 'GET', url: `${base}/me`, headers })

  expect(outcome(server)).toBe(expected)
  expect(answer.status).toBe(expected === 'accepted' ? 200 : 401)
})

it('a request without credentials gets a challenge without an error', async () => {
  const { ada } = await setUp()
  const answer = await ada.me()

  expect(answer.status).toBe(401)
  expect(answer.header('www-authenticate')).toBe('Bearer')
  expect(JSON.parse(answer.body).error).toBe('missing_token')
})
