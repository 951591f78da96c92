// I4: every kind of answer from the refresh endpoint, and which of them end the session.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { answers, type Fault, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

const html = '<!doctype html><title>Access denied</title>'
const asHtml = { 'Content-Type': 'text/html; charset=utf-8' }
const asText = { 'Content-Type': 'text/plain' }
const asProblem = { 'Content-Type': 'application/problem+json' }
const basic = { 'WWW-Authenticate': 'Basic realm="proxy"' }
const invalidGrant = { error: 'invalid_grant' }

/** RFC 6749 §5.2. */
const oauthErrors = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope'
]

const endings: readonly [string, Fault][] = [
  [
    '400 invalid_grant with a charset',
    answers(400, invalidGrant, { 'Content-Type': 'application/json; charset=utf-8' })
  ],
  ['400 invalid_grant as a problem', answers(400, invalidGrant, asProblem)],
  ['400 invalid_grant as plain text', answers(400, JSON.stringify(invalidGrant), asText)],
  [
    '400 invalid_grant with a description',
    answers(400, { ...invalidGrant, error_description: 'the family was revoked' })
  ],
  ['401 without a body', answers(401)],
  // A gateway and a CSRF filter can answer like the backend. `refusals.session` can name
  // the difference.
  ['401 as plain text', answers(401, 'Unauthorized', asText)],
  ['401 with the message of a gateway', answers(401, { message: 'Unauthorized' })],
  ['401 of a CSRF filter', answers(401, { error: 'CSRF token missing' })],
  ['401 with garbage', answers(401, '{"error":', asText)],
  ['401 with another error', answers(401, { error: 'invalid_client' })],
  ['401 with a challenge', answers(401, {}, { 'WWW-Authenticate': 'Bearer' })],
  [
    '401 with our challenge among others',
    answers(401, {}, { 'WWW-Authenticate': 'Basic realm="a", bearer error="invalid_token"' })
  ],
  ['401 with a malformed challenge', answers(401, {}, { 'WWW-Authenticate': 'Bearer realm="a' })],
  ...oauthErrors.flatMap((error): [string, Fault][] => [
    [`400 ${error}`, answers(400, { error })],
    [`403 ${error}`, answers(403, { error })]
  ])
]

it.each(endings)('ends the session once if the refresh endpoint answers %s', async (_, fault) => {
  const { auth, clock, idle, fault: meet, sent, eventNames } = setUpFaultyServer()
  await auth.login(ada)
  meet('/refresh', fault, 2)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
  clock.tick(3_600_000)
  await idle()
  expect(sent('/refresh')).toBe(1)
  expect(eventNames().filter((name) => name === 'signed-out')).toHaveLength(1)
})

const otherRefusals = [
  402, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423,
  424, 425, 426, 428, 429, 431, 444, 449, 451, 460, 494, 498, 499
]
const serverErrors = [
  500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 520, 521, 522, 523, 524, 525, 526,
  527, 529, 530, 561, 598, 599
]
const redirections = [300, 301, 302, 303, 304, 305, 307, 308]

const bodies: readonly [string, (status: number) => Fault][] = [
  ['in JSON', (status) => answers(status, invalidGrant)],
  ['in HTML', (status) => answers(status, html, asHtml)],
  ['without a body', (status) => answers(status)]
]

const keepings: readonly [string, Fault][] = [
  ...[...redirections, ...otherRefusals, ...serverErrors].flatMap((status) =>
    bodies.map(([name, fault]): [string, Fault] => [`${status} ${name}`, fault(status)])
  ),
  ['400 without a body', answers(400)],
  ['400 in HTML', answers(400, html, asHtml)],
  ['400 invalid_grant in HTML', answers(400, '<p>{"error":"invalid_grant"}</p>', asHtml)],
  ['400 temporarily_unavailable', answers(400, { error: 'temporarily_unavailable' })],
  ['400 invalid_grant with a challenge of another scheme', answers(400, invalidGrant, basic)],
  ['400 invalid_grant with Retry-After', answers(400, invalidGrant, { 'Retry-After': '0' })],
  ['401 in HTML', answers(401, html, asHtml)],
  ['401 with HTML that calls itself JSON', answers(401, html)],
  ['401 with Retry-After', answers(401, {}, { 'Retry-After': '0' })],
  ['401 with a challenge of Basic', answers(401, {}, basic)],
  [
    '401 with a malformed challenge of Basic',
    answers(401, {}, { 'WWW-Authenticate': 'Basic realm="a' })
  ],
  ['401 with a challenge of Negotiate', answers(401, {}, { 'WWW-Authenticate': 'Negotiate' })],
  ['403 without a body or a type', answers(403)],
  [
    '403 in JSON with a charset',
    answers(403, {}, { 'Content-Type': 'Application/JSON;charset=UTF-8' })
  ],
  ['403 as a problem', answers(403, { title: 'Forbidden' }, asProblem)],
  ['403 as plain text', answers(403, 'Forbidden', asText)],
  ['403 with the message of a gateway', answers(403, { message: 'Forbidden' })],
  ['403 invalid_grant in HTML', answers(403, '<p>{"error":"invalid_grant"}</p>', asHtml)],
  ['403 invalid_grant with Retry-After', answers(403, invalidGrant, { 'Retry-After': '0' })],
  ['403 invalid_grant with a challenge of another scheme', answers(403, invalidGrant, basic)],
  ['403 of a CSRF filter', answers(403, { error: 'CSRF token missing' })],
  ['403 with Retry-After', answers(403, 'Too many requests', { 'Retry-After': '0' })],
  ['400 with the error in capitals', answers(400, { error: 'INVALID_GRANT' })],
  ['400 with the error in a list', answers(400, { error: ['invalid_grant'] })],
  ['400 with the error in an object', answers(400, { error: { code: 'invalid_grant' } })],
  ['400 with a list', answers(400, [invalidGrant])],
  ['400 with a string', answers(400, '"invalid_grant"', asText)],
  ['400 with null', answers(400, null)],
  ['403 in HTML', answers(403, html, asHtml)],
  ['403 in HTML, in capitals', answers(403, html, { 'Content-Type': 'TEXT/HTML' })],
  ['403 in XHTML', answers(403, html, { 'Content-Type': 'application/xhtml+xml' })],
  ['200 without a body', answers(200)],
  ['200 in HTML', answers(200, html, asHtml)],
  [
    '200 with HTML that calls itself JSON',
    answers(200, html, { 'Content-Type': 'application/json' })
  ],
  ['200 with an error', answers(200, invalidGrant)],
  ['200 with half a body', answers(200, '{"access_token":"abc', asText)],
  ['201 without a token', answers(201, {})],
  ['202 without a body', answers(202)],
  ['203 in HTML', answers(203, html, asHtml)],
  ['204', answers(204)],
  ['205', answers(205)],
  ['206 with half a body', answers(206, '{"access_token":', asText)],
  ['226 without a token', answers(226, {})]
]

it.each(keepings)(
  'keeps the session and recovers if the refresh endpoint answers %s',
  async (_, fault) => {
    const { auth, clock, idle, fault: meet, sent, eventNames } = setUpFaultyServer()
    await auth.login(ada)
    meet('/refresh', fault)
    await expect(auth.refresh()).rejects.toMatchObject({
      name: 'AuthError',
      code: expect.stringMatching(/^ERR_AUTH_(NETWORK|SERVER_ERROR|RESPONSE_MALFORMED)$/)
    })
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: {} })
    expect((await auth.axios.get('/me')).status).toBe(200)
    clock.tick(1_000)
    await idle()
    expect(sent('/refresh')).toBe(2)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect(eventNames()).not.toContain('signed-out')
  }
)

it.each([301, 302, 303, 307, 308])(
  'rejects with ERR_AUTH_NETWORK if the refresh endpoint redirects with %d',
  async (status) => {
    const { auth, fault } = setUpFaultyServer()
    await auth.login(ada)
    fault('/refresh', answers(status, '', { Location: 'https://portal.example/' }))
    await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  }
)

it.each([
  ['a charset', { 'Content-Type': 'application/json; charset=utf-8' }],
  ['no content type', {}],
  ['the wrong content type', { 'Content-Type': 'text/plain' }]
])('reads the token from a refresh answer with %s', async (_, headers) => {
  const { auth, fault } = setUpFaultyServer()
  await auth.login(ada)
  const body = JSON.stringify({ access_token: 'opaque', token_type: 'BEARER', expires_in: '300' })
  fault('/refresh', answers(200, body, headers))
  await auth.refresh()
  expect(await auth.getAccessToken()).toBe('opaque')
})

it.each<[string, number, string, Record<string, string>, string]>([
  [
    'the wait that the server asks for',
    429,
    '',
    { 'Retry-After': '30' },
    'answered 429 (Retry-After: 30 s).'
  ],
  [
    'the error code',
    400,
    '{"error":"temporarily_unavailable"}',
    {},
    'answered 400 (temporarily_unavailable).'
  ],
  ['the options of the path', 404, '', {}, 'Check baseURL and the paths of the contract.'],
  [
    'the options of the path',
    200,
    '<!doctype html>',
    {},
    'received HTML. Check baseURL and the paths of the contract.'
  ],
  ['an empty body', 204, '', {}, 'received an empty body (status 204).'],
  [
    'the option for other formats',
    200,
    '{"token":"opaque"}',
    {},
    'received no token at access_token or accessToken. If the answer holds the token elsewhere, say where in contract.tokens.'
  ]
])('names %s in the error of a refresh answered %i', async (_, status, body, headers, message) => {
  const { auth, fault } = setUpFaultyServer()
  await auth.login(ada)
  fault('/refresh', answers(status, body, headers))
  await expect(auth.refresh()).rejects.toThrow(message)
})

it('lists as many refresh answers as the README says', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const [, ends, keeps] = /(\d+) refusals end the session; (\d+)\s+others/.exec(readme) ?? []
  expect([Number(ends), Number(keeps)]).toEqual([endings.length, keepings.length])
})
