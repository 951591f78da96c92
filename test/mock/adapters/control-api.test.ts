// Control API: calls the methods of the server by name, for clients on this machine only.
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { withControlApi } from '../../../src/mock/adapters/node.ts'
import { claimsOf, json, openBrowser, overFetch } from '../../support/setups/one-cookie-browser.ts'

async function setUp() {
  const server = createMockAuthServer()
  const listening = await listen(server, { control: true })
  onTestFinished(listening.close)
  const { url } = listening
  const ask = async (method: string, name: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${url}/__mock/${name}`, init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const post = (name: string, body?: unknown) => ask('POST', name, body)
  return { server, ask, post, ada: openBrowser(overFetch(fetch, url)), ...listening }
}

describe('each command calls the method with its name', () => {
  it('rotate-key, retire-key and keys', async () => {
    const { server, ask, post } = await setUp()
    const { body } = await post('rotate-key')
    expect(body.kid).toBe(server.keys[0]?.kid)
    expect((await ask('GET', 'keys')).body).toEqual(server.keys)
    expect((await post('retire-key', { kid: body.previousKid })).body).toEqual([body.previousKid])
    await post('rotate-key')
    expect((await post('retire-key')).body).toEqual([body.kid])
  })

  it('publish-key, activate-key, emergency-rotate and key-audit', async () => {
    const { server, ask, post } = await setUp()
    const { kid } = (await post('publish-key', { alg: 'ES256' })).body
    expect((await post('activate-key', { kid })).body).toMatchObject({ kid })
    const emergency = (await post('emergency-rotate', { kid: 'new' })).body
    expect(emergency).toMatchObject({ previousKid: kid, kid: 'new' })
    expect(server.keys.map((key) => key.kid)).toEqual(['new'])
    expect((await ask('GET', 'key-audit')).body).toEqual(server.keyAudit)
  })

  it('sign-in, sessions, expire-session, end-session, revoke, expire-access-tokens and bump-token-version', async () => {
    const { server, ask, post, ada } = await setUp()
    const { body } = await post('sign-in', { user: 'ada@example.com' })
    expect((await ask('GET', 'sessions')).body).toEqual(server.sessions)
    expect((await ada.me(body.accessToken)).status).toBe(200)
    await post('expire-access-tokens')
    await ada.me(body.accessToken)
    ada.cookie = body.refreshToken
    const { token } = await ada.refresh()
    expect((await post('bump-token-version')).body.version).toBeGreaterThan(0)
    await ada.me(token)
    const next = await ada.refresh()
    await post('revoke', { jti: claimsOf(next.token).jti })
    await ada.me(next.token)
    await post('expire-session', { sid: body.sid })
    await ada.refresh()
    const other = (await post('sign-in')).body
    await post('end-session', { sid: other.sid })
    await ada.me(other.accessToken)
    expect(server.calls.slice(1).map(({ outcome }) => outcome)).toEqual([
      'token_expired',
      'rotated',
      'stale_version',
      'rotated',
      'token_revoked',
      'session_expired',
      'token_revoked'
    ])
  })

  it('fail-next', async () => {
    const { server, post, ada } = await setUp()
    const plans = [
      { endpoint: 'login', fault: 503 },
      { endpoint: 'login', fault: { status: 429, headers: { 'Retry-After': '2' } }, times: 2 },
      { endpoint: 'login', fault: 'malformed', after: 'commit' }
    ]
    for (const plan of plans) expect((await post('fail-next', plan)).status).toBe(204)
    const statuses = []
    for (let call = 0; call < 3; call += 1) statuses.push((await ada.login()).status)
    expect(statuses).toEqual([503, 429, 429])
    await expect(ada.login()).rejects.toThrow(SyntaxError)
    expect(server.calls.login.at(-1)?.outcome).toBe('signed_in')
  })

  it('hold, arrived and release', async () => {
    const { post, ada } = await setUp()
    const { body } = await post('hold', { endpoint: 'login' })
    const login = ada.login()
    expect((await post('arrived', { gate: body.gate, count: 1 })).status).toBe(204)
    expect((await post('release', { gate: body.gate })).status).toBe(204)
    expect((await login).status).toBe(200)

    await post('hold', { endpoint: 'refresh', after: 'commit' })
    const refresh = ada.refresh()
    await post('arrived', { gate: 'gate-2' })
    await post('release')
    expect((await refresh).status).toBe(200)
  })

  it('advance, freeze and reset-clock', async () => {
    const { server, post, ada } = await setUp()
    const { token } = await ada.login()
    await post('advance', { seconds: 300 })
    expect((await ada.me(token)).status).toBe(401)
    await post('freeze', { at: '2031-01-01T00:00:00Z' })
    expect(server.clock.now()).toBe(Date.UTC(2031, 0, 1))
    await post('reset-clock')
    expect(Math.abs(server.clock.now() - Date.now())).toBeLessThan(5000)
  })

  it('revoke-access-tokens, end-sessions and reset', async () => {
    const { server, post, ada } = await setUp()
    const { token } = await ada.login()
    await post('revoke-access-tokens')
    expect((await ada.me(token)).status).toBe(401)
    await post('end-sessions')
    await ada.refresh()
    expect(server.calls.at(-1)?.outcome).toBe('session_revoked')
    await post('reset')
    expect(server.calls).toEqual([])
  })

  it('calls, violations and idle', async () => {
    const { server, ask, post, ada, url } = await setUp()
    const { token } = await ada.login()
    await ada.me(token)
    await fetch(`${url}/me?access_token=${token}`)
    await post('idle')
    expect((await ask('GET', 'calls')).body).toEqual([...server.calls])
    expect((await ask('GET', 'calls?route=me')).body).toEqual([...server.calls.api])
    expect((await ask('GET', 'violations')).body).toMatchObject([{ rule: 'token-in-url' }])
  })
})

it.each([
  ['GET', 'rotate-key', undefined, 405, 'queries use GET, commands use POST'],
  ['POST', 'calls', undefined, 405, 'queries use GET, commands use POST'],
  ['POST', 'explode', undefined, 404, 'unknown command /__mock/explode'],
  ['POST', 'constructor', undefined, 404, 'unknown command /__mock/constructor'],
  [
    'POST',
    'fail-next',
    { endpoint: 'x', fault: 503 },
    400,
    'failNext(): endpoint: expected one of'
  ],
  [
    'POST',
    'fail-next',
    { endpoint: 'login', fault: 503, times: 0 },
    400,
    'failNext(): times: expected'
  ],
  ['POST', 'hold', { endpoint: 'login', after: 'x' }, 400, "hold(): after: expected 'arrival'"],
  [
    'POST',
    'fail-next',
    { endpoint: 'login', fault: 503, time: 2 },
    400,
    'fail-next(): time: no such option; did you mean times?'
  ],
  [
    'POST',
    'end-sessions',
    { sid: 'x' },
    400,
    'end-sessions(): sid: no such option; there are no options'
  ],
  ['POST', 'sign-in', { usr: 'ada' }, 400, 'sign-in(): usr: no such option; did you mean user?'],
  ['POST', 'revoke', {}, 400, 'revoke(): jti: expected a non-empty string'],
  ['POST', 'arrived', { gate: 'gate-9' }, 400, 'expected the id of a gate; received'],
  [
    'GET',
    'calls?routes=login',
    undefined,
    400,
    'calls(): routes: no such option; did you mean route?'
  ],
  ['POST', 'release', { gate: 'gate-9' }, 400, 'received \\"gate-9\\"'],
  ['POST', 'arrived', {}, 400, 'arrived(): gate: expected the id of a gate'],
  ['POST', 'advance', {}, 400, 'clock.advance(): seconds: expected a finite number of seconds'],
  ['POST', 'retire-key', { kid: 'x' }, 400, 'x'],
  ['POST', 'rotate-key', [], 400, 'the body is not a JSON object']
])('%s %s with the body %j is refused with %i: %s', async (method, name, body, status, message) => {
  const { ask } = await setUp()
  const answer = await ask(method, name, body)
  expect(answer.status).toBe(status)
  expect(JSON.stringify(answer.body)).toContain(message)
})

describe('access from elsewhere', () => {
  async function status(
    url: string,
    headers: Record<string, string>,
    name = 'rotate-key'
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/__mock/${name}`, { method: 'POST', headers })
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0))
      request.on('error', reject)
      request.end()
    })
  }

  it.each([
    ['page of another site', { Origin: 'https://evil.test' }],
    ['sandboxed page', { Origin: 'null' }],
    ['host name that resolves to this machine', { Host: 'evil.test' }]
  ])('refuses a request from a %s', async (_name, headers) => {
    const { server, url } = await setUp()
    expect(await status(url, headers)).toBe(403)
    expect(server.keys).toHaveLength(1)
  })

  it.each([
    ['127.0.0.1', 204],
    ['127.8.8.8', 204],
    ['::1', 204],
    ['::ffff:127.0.0.1', 204],
    ['192.168.1.7', 403],
    ['10.127.0.1', 403],
    ['::ffff:10.0.0.1', 403],
    ['fe80::1', 403],
    ['', 403]
  ])('answers a connection from the address %j with %i', async (remoteAddress, expected) => {
    const server = createMockAuthServer()
    const listener = withControlApi(server, (_message, response) => response.end('open to all'))
    const httpServer = createServer(listener)
    httpServer.on('connection', (socket) => {
      Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
    })
    await new Promise<void>((resolve) => httpServer.listen(0, 'localhost', resolve))
    onTestFinished(() => void httpServer.close())
    const url = `http://localhost:${(httpServer.address() as AddressInfo).port}`

    expect(await status(url, {}, 'reset')).toBe(expected)
    expect(await (await fetch(`${url}/other`)).text()).toBe('open to all')
  })

  it('answers 404 unless the option `control` is true', async () => {
    const server = createMockAuthServer()
    const { url, close } = await listen(server)
    onTestFinished(close)
    expect(await status(url, {})).toBe(404)
    expect(server.keys).toHaveLength(1)
  })
})

it('accepts pages on this machine even if allowedOrigins excludes them', async () => {
  const server = createMockAuthServer({ allowedOrigins: ['https://app.test'] })
  const { url, close } = await listen(server, { control: true })
  onTestFinished(close)
  const headers = { origin: 'http://localhost:6006', 'access-control-request-method': 'POST' }
  const preflight = await fetch(`${url}/__mock/reset`, { method: 'OPTIONS', headers })
  const answer = await fetch(`${url}/__mock/keys`, { headers })
  for (const { headers: given } of [preflight, answer]) {
    expect(given.get('access-control-allow-origin')).toBe('http://localhost:6006')
  }
})

it('lists the same calls as server.calls', async () => {
  const { ask, url, ada, server } = await setUp()
  await ada.login()
  await fetch(`${url}/me`)
  const listed = async (route: string) => (await ask('GET', `calls?route=${route}`)).body
  expect(await listed('api')).toEqual(JSON.parse(JSON.stringify(server.calls.api)))
  expect(await listed('api')).toHaveLength(1)
  expect((await ask('GET', 'calls?route=refersh')).status).toBe(400)
})

it('fail-next accepts the string Infinity for times', async () => {
  const { post, ada } = await setUp()
  const plan = { endpoint: 'me', fault: 503, times: 'Infinity' }
  expect((await post('fail-next', plan)).status).toBe(204)
  for (let call = 0; call < 3; call += 1) expect((await ada.me()).status).toBe(503)
})

it('closing the port ends a pending arrived command', async () => {
  const { post, close } = await setUp()
  const { gate } = (await post('hold', { endpoint: 'refresh' })).body
  const waiting = post('arrived', { gate })
  // The response to a later call shows that the pending one has arrived.
  await post('idle')
  await close()
  expect((await waiting).status).toBe(400)
})

it('control calls are not logged and do not delay idle()', async () => {
  const { server, post, ask } = await setUp()
  await post('idle')
  await ask('GET', 'calls')
  await post('hold', { endpoint: 'login' })
  expect(server.calls).toEqual([])
  await vi.waitFor(() => server.idle())
})

it('answers 413 to a body that is too large', async () => {
  const { url } = await setUp()
  const body = ' '.repeat(70_000)
  const response = await fetch(`${url}/__mock/reset`, { method: 'POST', headers: [json], body })
  expect(response.status).toBe(413)
})
