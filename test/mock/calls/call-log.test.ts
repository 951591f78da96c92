// Call log: order of arrival, snapshots, listeners, and no secrets.
import { createMockAuthServer, type MockCall } from 'everbearer/mock'
import { expect, it, onTestFinished, vi } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  kidOf,
  openBrowser,
  overFetch,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

it('lists a call as pending on arrival, and completes it when it is answered', async () => {
  const { server, clock } = createServerWithClock()
  let release = () => {}
  const held = new Promise<string>((resolve) => {
    release = () => resolve('{}')
  })
  const slow = server.handle({
    method: 'POST',
    url: `${base}/refresh?a=1`,
    headers: [json],
    body: () => held
  })
  await server.handle({ method: 'GET', url: `${base}/me`, headers: [] })

  const before = server.calls
  expect(before.map((call) => [call.index, call.route, call.outcome])).toEqual([
    [0, 'refresh', 'pending'],
    [1, 'me', 'missing_token']
  ])
  expect(before[0]).not.toHaveProperty('status')
  clock.advanceSeconds(3)
  release()
  await slow
  expect(server.calls[0]).toEqual({
    index: 0,
    startedAtMs: clock.nowMs - 3000,
    endedAtMs: clock.nowMs,
    answeredBefore: 2,
    adapter: 'direct',
    method: 'POST',
    path: '/refresh?a=1',
    target: 'http://localhost:4000',
    route: 'refresh',
    status: 401,
    outcome: 'no_cookie',
    reissued: false,
    tokenInUrl: false
  })
  expect(before[0]?.outcome).toBe('pending')
})

it('lists calls in order of arrival, regardless of how long their bodies take', async () => {
  const { server } = createServerWithClock()
  const request = (path: string, init?: RequestInit) => server.fetch(new Request(base + path, init))
  await Promise.all([
    request('/login', { method: 'POST', headers: [json], body: ' '.repeat(50_000) }),
    request('/me'),
    request('/refresh', { method: 'POST', headers: [json], body: '{}' })
  ])

  expect(server.calls.map((call) => call.route)).toEqual(['login', 'me', 'refresh'])
})

it('records the user, the session, the tokens and the keys of a call', async () => {
  const { server } = createServerWithClock()
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  const next = await ada.refresh('attempt-1')
  const { sid, jti } = claimsOf(token)
  const { kid } = server.rotateKey()
  await ada.me(token)

  const [login, refresh, me] = server.calls
  expect(login).toMatchObject({
    sub: 'user-1',
    sid: sid,
    issuedJti: jti,
    issuedKid: kidOf(token)
  })
  expect(refresh).toMatchObject({
    sid: sid,
    issuedJti: claimsOf(next.token).jti,
    idempotencyKey: 'attempt-1'
  })
  expect(me).toMatchObject({
    sub: 'user-1',
    sid: sid,
    jti,
    kid: kidOf(token),
    issuedKid: kid,
    reissued: true
  })
})

it('records the jti of an expired token', async () => {
  const { server, clock } = createServerWithClock()
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  clock.advanceSeconds(300)
  await ada.me(token)

  const { jti, sid } = claimsOf(token)
  expect(server.calls.at(-1)).toMatchObject({
    outcome: 'token_expired',
    jti,
    sid: sid,
    sub: 'user-1'
  })
})

it('contains no secret, even if a client puts one in the method, URL or a header', async () => {
  const { server, clock } = createServerWithClock({
    keys: [{ kid: 'k', secret: 'canary-secret-'.repeat(3) }]
  })
  const ada = openBrowser(overWire(server))
  const secrets = ['lovelace', 'wrong-password', 'canary-secret-']
  const keep = (token: string) => {
    secrets.push(token, ...token.split('.').slice(1), ada.cookie ?? '')
    return token
  }
  await ada.login('wrong-password')
  const token = keep((await ada.login()).token)
  keep((await ada.refresh()).token)
  clock.advanceSeconds(20)
  const spent = ada.cookie ?? ''
  const everywhere = [token, spent].map((secret) =>
    server.handle({
      method: secret,
      url: `${base}/me/${secret}?access_token=${secret}&password=lovelace&x=${secret}#${secret}`,
      headers: [
        ['Origin', secret],
        ['Idempotency-Key', secret],
        ['Authorization', `Bearer ${secret}`],
        ['Cookie', `refresh_token=${secret}`]
      ]
    })
  )
  await Promise.all(everywhere)
  await server.handle({ method: 'GET', url: `not a url ${token}`, headers: [] })
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: token })).toString('base64url')
  await ada.me(`${header}.e30.x`)
  server.rotateKey()
  keep((await ada.me(token)).header('authorization')?.slice(7) ?? '')
  await ada.logout()

  const callLog = JSON.stringify(server.calls)
  expect(secrets.length).toBeGreaterThan(10)
  for (const secret of secrets.filter((text) => text !== '')) expect(callLog).not.toContain(secret)
})

it('replaces control characters, so that a token cannot control a terminal', async () => {
  const { server } = createServerWithClock()
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: '\u001b[2J' })).toString(
    'base64url'
  )
  await openBrowser(overWire(server)).me(`${header}.e30.x`)

  expect(server.calls.at(-1)).toMatchObject({ outcome: 'unknown_kid', kid: '\ufffd[2J' })
})

it('returns a snapshot: changing the list does not change the log', async () => {
  const { server } = createServerWithClock()
  await overFetch(server.fetch)({ method: 'GET', path: '/me', headers: [] })
  const first = server.calls
  ;(first as readonly MockCall[] as MockCall[]).length = 0

  expect(server.calls).toHaveLength(1)
  expect(Object.isFrozen(server.calls[0])).toBe(true)
})

it('calls a listener for each answered call until it is removed', async () => {
  const { server } = createServerWithClock()
  const heard: string[] = []
  const remove = server.onCall((call) => heard.push(`${call.index} ${call.status}`))
  const ask = () => server.handle({ method: 'GET', url: `${base}/me`, headers: [] })
  await ask()
  remove()
  await ask()

  expect(heard).toEqual(['0 401'])
})

it('answers the call if a listener throws, and reports the error as uncaught', async () => {
  const uncaught = vi.fn()
  const given = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', uncaught)
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of given) process.on('uncaughtException', listener)
  })
  const { server } = createServerWithClock()
  const mistake = new Error('mistake')
  server.onCall(() => {
    throw mistake
  })
  const answer = await server.handle({ method: 'GET', url: `${base}/me`, headers: [] })

  expect(answer.status).toBe(401)
  await vi.waitFor(() => expect(uncaught).toHaveBeenCalledWith(mistake, 'uncaughtException'))
})

it('does not list a call that was open during a reset', async () => {
  const { server } = createServerWithClock()
  const open = server.handle({ method: 'POST', url: `${base}/refresh`, headers: [json] })
  server.reset()
  await open

  expect(server.calls).toEqual([])
})

it('keeps the latest ten thousand calls', async () => {
  const server = createMockAuthServer()
  for (let index = 0; index < 10_003; index += 1) {
    await server.handle({ method: 'GET', url: `${base}/nowhere`, headers: [] })
  }
  const { calls } = server

  expect(calls).toHaveLength(10_000)
  expect(calls[0]?.index).toBe(3)
})
