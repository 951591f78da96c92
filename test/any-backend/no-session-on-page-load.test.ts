// No session on page load: every definite answer without a token lets a visitor use the page.
import { expect, it } from 'vitest'
import { json, routes, setUpServer, text } from '../support/setups/hand-written-server.ts'

const html = { 'Content-Type': 'text/html' }

const answers: readonly (readonly [string, () => Response])[] = [
  ['400 with the code invalid_request', () => json(400, { error: 'invalid_request' })],
  ['400 with a text', () => text(400, 'Refresh token missing')],
  ['404', () => json(404, { message: 'Not Found' })],
  ['404 with the HTML page of Express', () => text(404, '<!DOCTYPE html><pre>Cannot', html)],
  ['422', () => json(422, { msg: 'Missing cookie' })],
  ['419 as Laravel does', () => json(419, { message: 'CSRF token mismatch.' })],
  ['440', () => json(440, { message: 'Login Time-out' })],
  ['498', () => json(498, { message: 'Invalid token' })],
  ['204', () => text(204, '')],
  ['200 with null', () => json(200, null)],
  ['200 with an empty user', () => json(200, { user: null })],
  ['200 without success', () => json(200, { success: false })]
]

it.each(answers)(
  'lets a visitor use public routes if the refresh on page load is answered %s',
  async (_, answer) => {
    const { auth, sentTo, pass } = setUpServer(
      routes({ 'POST /refresh': answer, 'GET /public': () => json(200, 'hello') }),
      { restore: 'always' }
    )
    const { status } = await auth.ready()
    expect(status).toBe('unauthenticated')
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })

    expect((await auth.axios.get('/public')).data).toBe('hello')
    expect((await auth.fetch(sentTo('/public')[0]?.url ?? '')).status).toBe(200)
    expect(sentTo('/public').map(({ headers }) => headers.has('Authorization'))).toEqual([
      false,
      false
    ])
    await pass(3_600_000, 60_000)
    expect(sentTo('/refresh')).toHaveLength(1)
  }
)

const fromElsewhere: readonly (readonly [string, () => Response])[] = [
  ['a captive portal with 200', () => text(200, '<html>Welcome to the hotel', html)],
  ['a proxy that asks for Basic', () => json(401, {}, { 'WWW-Authenticate': 'Basic realm="x"' })],
  ['a firewall with Retry-After', () => json(403, {}, { 'Retry-After': '5' })],
  ['a rate limit with 429', () => json(429, {})],
  ['a server that times out with 408', () => json(408, {})]
]

it.each(fromElsewhere)(
  'restores the session once %s no longer answers in place of the server',
  async (_, answer) => {
    let isAway = true
    const { auth, pass } = setUpServer(
      routes({
        'POST /refresh': () =>
          isAway ? answer() : json(200, { access_token: 'abc', expires_in: 60 })
      }),
      { restore: 'always' }
    )
    await auth.ready()
    expect(auth.getState().status).toBe('initializing')
    isAway = false
    await pass(60_000, 1_000)
    expect(auth.getState().status).toBe('authenticated')
  }
)

it('takes the answers that a contract names, and no others, for a missing session', async () => {
  let status = 404
  const { auth, reload } = setUpServer(routes({ 'POST /refresh': () => json(status, {}) }), {
    restore: 'always',
    contract: { refusals: { noSession: 419, session: [401, 419] } }
  })
  await auth.ready()
  expect(auth.getState().status).toBe('initializing')
  auth.dispose()
  status = 419
  const later = reload()
  await later.ready()
  expect(later.getState().status).toBe('unauthenticated')
})
