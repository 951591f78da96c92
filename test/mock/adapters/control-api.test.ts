// The control API: the server's methods under their own names, for this machine alone.
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { withControl } from '../../../src/mock/adapters/control-api-listener.ts'
import { claimsOf, json, overFetch, visit } from '../../support/worlds/one-cookie-browser.ts'

async function arrange() {
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
  const tell = (name: string, body?: unknown) => ask('POST', name, body)
  return { server, ask, tell, ada: visit(overFetch(fetch, url)), ...listening }
}

describe('every command does what the method of its name does', () => {
  it('rotate-key, retire-key and keys', async () => {
    const { server, ask, tell } = await arrange()
    const { body } = await tell('rotate-key')
    expect(body.kid).toBe(server.keys[0]?.kid)
    expect((await ask('GET', 'keys')).body).toEqual(server.keys)
    expect((await tell('retire-key', { kid: body.previousKid })).body).toEqual([body.previousKid])
    await tell('rotate-key')
    expect((await tell('retire-key')).body).toEqual([body.kid])
  })

  it('publish-key, activate-key, emergency-rotate and key-audit', async () => {
    const { server, ask, tell } = await arrange()
    const { kid } = (await tell('publish-key', { alg: 'ES256' })).body
    expect((await tell('activate-key', { kid })).body).toMatchObject({ kid })
    const emergency = (await tell('emergency-rotate', { kid: 'new' })).body
    expect(emergency).toMatchObject({ previousKid: kid, kid: 'new' })
    expect(server.keys.map((key) => key.kid)).toEqual(['new'])
    expect((await ask('GET', 'key-audit')).body).toEqual(server.keyAudit)
  })

  it('sign-in, sessions, expire-session, end-session, revoke and the rest about sessions', async () => {
    const { server, ask, tell, ada } = await arrange()
    const { body } = await tell('sign-in', { user: 'ada@example.com' })
    expect((await ask('GET', 'sessions')).body).toEqual(server.sessions)
    expect((await ada.me(body.accessToken)).status).toBe(200)
    await tell('expire-access-tokens')
    await ada.me(body.accessToken)
    ada.cookie = body.refreshToken
    const { token } = await ada.refresh()
    expect((await tell('bump-token-version')).body.version).toBeGreaterThan(0)
    await ada.me(token)
    const next = await ada.refresh()
    await tell('revoke', { jti: claimsOf(next.token).jti })
    await ada.me(next.token)
    await tell('expire-session', { sid: body.sid })
    await ada.refresh()
    const other = (await tell('sign-in')).body
    await tell('end-session', { sid: other.sid })
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
    const { server, tell, ada } = await arrange()
    const plans = [
      { endpoint: 'login', fault: 503 },
      { endpoint: 'login', fault: { status: 429, headers: { 'Retry-After': '2' } }, times: 2 },
      { endpoint: 'login', fault: 'malformed', after: 'commit' }
    ]
    for (const plan of plans) expect((await tell('fail-next', plan)).status).toBe(204)
    const statuses = []
    for (let call = 0; call < 3; call += 1) statuses.push((await ada.login()).status)
    expect(statuses).toEqual([503, 429, 429])
    await expect(ada.login()).rejects.toThrow(SyntaxError)
    expect(server.calls.login.at(-1)?.outcome).toBe('signed_in')
  })

  it('hold, arrived and release', async () => {
    const { tell, ada } = await arrange()
    const { body } = await tell('hold', { endpoint: 'login' })
    const login = ada.login()
    expect((await tell('arrived', { gate: body.gate, count: 1 })).status).toBe(204)
    expect((await tell('release', { gate: body.gate })).status).toBe(204)
    expect((await login).status).toBe(200)

    await tell('hold', { endpoint: 'refresh', after: 'commit' })
    const refresh = ada.refresh()
    await tell('arrived', { gate: 'gate-2' })
    await tell('release')
    expect((await refresh).status).toBe(200)
  })

  it('advance, freeze and reset-clock', async () => {
    const { server, tell, ada } = await arrange()
    const { token } = await ada.login()
    await tell('advance', { seconds: 300 })
    expect((await ada.me(token)).status).toBe(401)
    await tell('freeze', { at: '2031-01-01T00:00:00Z' })
    expect(server.clock.now()).toBe(Date.UTC(2031, 0, 1))
    await tell('reset-clock')
    expect(Math.abs(server.clock.now() - Date.now())).toBeLessThan(5000)
  })

  it('revoke-access-tokens, end-sessions and reset', async () => {
    const { server, tell, ada } = await arrange()
    const { token } = await ada.login()
    await tell('revoke-access-tokens')
    expect((await ada.me(token)).status).toBe(401)
    await tell('end-sessions')
    await ada.refresh()
    expect(server.calls.at(-1)?.outcome).toBe('session_revoked')
    await tell('reset')
    expect(server.calls).toEqual([])
  })

  it('calls, violations and idle', async () => {
    const { server, ask, tell, ada, url } = await arrange()
    const { token } = await ada.login()
    await ada.me(token)
    await fetch(`${url}/me?access_token=${token}`)
    await tell('idle')
    expect((await ask('GET', 'calls')).body).toEqual([...server.calls])
    expect((await ask('GET', 'calls?route=me')).body).toEqual([...server.calls.api])
    expect((await ask('GET', 'violations')).body).toMatchObject([{ rule: 'token-in-url' }])
  })
})

it.each([
  ['GET', 'rotate-key', undefined, 405, 'readings are a GET, commands a POST'],
  ['POST', 'calls', undefined, 405, 'readings are a GET, commands a POST'],
  ['POST', 'explode', undefined, 404, 'there is no /__mock/explode'],
  ['POST', 'constructor', undefined, 404, 'there is no /__mock/constructor'],
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
  ['POST', 'arrived', { gate: 'gate-9' }, 400, 'there is no gate'],
  [
    'GET',
    'calls?routes=login',
    undefined,
    400,
    'calls(): routes: no such option; did you mean route?'
  ],
  ['POST', 'release', { gate: 'gate-9' }, 400, 'there is no gate \\"gate-9\\"'],
  ['POST', 'arrived', {}, 400, 'arrived(): gate: expected the name of a gate'],
  ['POST', 'advance', {}, 400, 'clock.advance(): seconds: expected a finite number of seconds'],
  ['POST', 'retire-key', { kid: 'x' }, 400, 'x'],
  ['POST', 'rotate-key', [], 400, 'the body is not a JSON object']
])('%s %s with %j is refused: %s', async (method, name, body, status, message) => {
  const { ask } = await arrange()
  const answer = await ask(method, name, body)
  expect(answer.status).toBe(status)
  expect(JSON.stringify(answer.body)).toContain(message)
})

describe('nobody else is answered', () => {
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
    ['a page of another site', { Origin: 'https://evil.test' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['a name that points at this machine', { Host: 'evil.test' }]
  ])('%s', async (_name, headers) => {
    const { server, url } = await arrange()
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
  ])('a caller whose connection comes from %j: %i', async (remoteAddress, expected) => {
    const server = createMockAuthServer()
    const listener = withControl(server, (_message, response) => response.end('open to all'))
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

  it('anybody, unless it was asked for', async () => {
    const server = createMockAuthServer()
    const { url, close } = await listen(server)
    onTestFinished(close)
    expect(await status(url, {})).toBe(404)
    expect(server.keys).toHaveLength(1)
  })
})

it('a page of this machine may steer, whatever the rules for other pages are', async () => {
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

it('the calls it lists are those that a test in the process gets', async () => {
  const { ask, url, ada, server } = await arrange()
  await ada.login()
  await fetch(`${url}/me`)
  const listed = async (route: string) => (await ask('GET', `calls?route=${route}`)).body
  expect(await listed('api')).toEqual(JSON.parse(JSON.stringify(server.calls.api)))
  expect(await listed('api')).toHaveLength(1)
  expect((await ask('GET', 'calls?route=refersh')).status).toBe(400)
})

it('a fault may be planned for ever', async () => {
  const { tell, ada } = await arrange()
  const plan = { endpoint: 'me', fault: 503, times: 'Infinity' }
  expect((await tell('fail-next', plan)).status).toBe(204)
  for (let call = 0; call < 3; call += 1) expect((await ada.me()).status).toBe(503)
})

it('a port closes although a test waits for arrivals', async () => {
  const { tell, close } = await arrange()
  const { gate } = (await tell('hold', { endpoint: 'refresh' })).body
  const waiting = tell('arrived', { gate })
  // It is there when an answer has come to a call that was sent behind it.
  await tell('idle')
  await close()
  expect((await waiting).status).toBe(400)
})

it('its own calls are not in the journal, and do not keep the server from being idle', async () => {
  const { server, tell, ask } = await arrange()
  await tell('idle')
  await ask('GET', 'calls')
  await tell('hold', { endpoint: 'login' })
  expect(server.calls).toEqual([])
  await vi.waitFor(() => server.idle())
})

it('what a caller sends too much of is refused', async () => {
  const { url } = await arrange()
  const body = ' '.repeat(70_000)
  const response = await fetch(`${url}/__mock/reset`, { method: 'POST', headers: [json], body })
  expect(response.status).toBe(413)
})
