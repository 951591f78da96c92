// Gates hold calls before or after the server's work; idle() waits until no call is in flight.
import { createMockAuthServer } from 'everbearer/mock'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { base, json, openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'

afterEach(() => void vi.useRealTimers())

async function setUp() {
  const server = createMockAuthServer()
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, ada, token }
}

it('holds every call to an endpoint until the gate is released, under fake timers', async () => {
  vi.useFakeTimers()
  const { server, ada, token } = await setUp()
  const gate = server.hold('refresh')
  const first = ada.refresh()
  const second = ada.refresh()
  await gate.arrived(2)
  expect((await ada.me(token)).status).toBe(200)
  expect(server.calls.refresh.map(({ outcome }) => outcome)).toEqual(['pending', 'pending'])
  gate.release()

  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200])
  expect(gate.arrivals).toBe(2)
  await ada.refresh()
  expect(gate.arrivals).toBe(2)
})

it('counts the calls that arrived before arrived() is called', async () => {
  const { server, ada } = await setUp()
  const gate = server.hold('refresh')
  const open = ada.refresh()
  await gate.arrived()
  await gate.arrived(1)
  expect(gate.arrivals).toBe(1)
  gate.release()
  gate.release()
  await open
})

it('holds a call on arrival before the server has done anything', async () => {
  const { server, ada, token } = await setUp()
  const gate = server.hold('refresh')
  const refresh = ada.refresh()
  await gate.arrived()
  server.endSessions()
  gate.release()
  expect((await refresh).status).toBe(401)
  expect((await ada.me(token)).status).toBe(401)
})

it('holds a call after commit with the refresh token rotated', async () => {
  const { server, ada } = await setUp()
  const spent = ada.cookie
  const gate = server.hold('refresh', { after: 'commit' })
  const refresh = ada.refresh()
  await gate.arrived()
  server.endSessions()
  gate.release()
  expect((await refresh).status).toBe(200)
  expect(ada.cookie).not.toBe(spent)
})

it('holds a call until both of its gates are released', async () => {
  const { server, ada, token } = await setUp()
  const outer = server.hold('api')
  const inner = server.hold('me')
  const me = ada.me(token)
  await Promise.all([outer.arrived(), inner.arrived()])
  outer.release()
  await server.idle()
  expect(server.calls.api[0]?.outcome).toBe('pending')
  inner.release()
  expect((await me).status).toBe(200)
})

it('a held call fails with the fault that was planned when it arrived', async () => {
  const { server, ada } = await setUp()
  server.failNext('refresh', 503)
  const gate = server.hold('refresh')
  const held = ada.refresh()
  await gate.arrived()
  gate.release()
  expect([(await held).status, (await ada.refresh()).status]).toEqual([503, 200])
})

it('a reset disconnects held calls, which then change nothing', async () => {
  const { server, ada } = await setUp()
  const gates = [server.hold('login'), server.hold('refresh', { after: 'commit' })]
  const headers = [json]
  const body = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  const login = server.handle({ method: 'POST', url: `${base}/login`, headers, body })
  const refresh = ada.refresh()
  await Promise.all(gates.map((gate) => gate.arrived()))
  server.reset()

  expect(await login).toMatchObject({ status: 0, fault: 'network', setCookies: [] })
  expect((await refresh).status).toBe(0)
  expect(server.calls).toEqual([])
  expect((await ada.login()).status).toBe(200)
})

it.each([
  ['before the reset', false],
  ['after the reset', true]
])('arrived(), called %s, rejects because the gate was removed', async (_name, isLater) => {
  const { server } = await setUp()
  const gate = server.hold('login')
  const waiting = isLater ? undefined : gate.arrived()
  server.reset()
  await expect(waiting ?? gate.arrived()).rejects.toThrow('a reset has removed the gate')
})

it('the server handles a held call although its client has given up', async () => {
  const { server, ada } = await setUp()
  const gate = server.hold('refresh')
  const leave = new AbortController()
  const headers: [string, string][] = [json, ['Cookie', `refresh_token=${ada.cookie}`]]
  const { signal } = leave
  const held = server.handle({ method: 'POST', url: `${base}/refresh`, headers, signal })
  await gate.arrived()
  leave.abort()
  gate.release()
  await held
  expect(server.calls.at(-1)).toMatchObject({ outcome: 'rotated', abandoned: true })
})

it('answers an old cookie after a reset as unknown_session, not as reuse', async () => {
  const { server, ada } = await setUp()
  server.reset()
  expect((await ada.refresh()).status).toBe(401)
  expect(server.calls.at(-1)?.outcome).toBe('unknown_session')
  expect(server.violations).toEqual([])
})

it.each([
  [['signin'], 'hold(): endpoint: expected one of login, refresh, logout, me'],
  [
    ['refresh', { after: 'lunch' }],
    `hold(): after: expected 'arrival' or 'commit'; received "lunch"`
  ]
])('hold(%j) throws: %s', (given, message) => {
  const { hold } = createMockAuthServer()
  expect(() => Reflect.apply(hold, undefined, given)).toThrow(TypeError)
  expect(() => Reflect.apply(hold, undefined, given)).toThrow(message)
})

describe('idle()', () => {
  it('resolves if no call is in flight', async () => {
    await createMockAuthServer().idle({ quietMs: 0 })
  })

  it('waits for an open call and for the call that follows it', async () => {
    const { server, ada } = await setUp()
    let release = () => {}
    const slowBody = new Promise<string>((resolve) => {
      release = () => resolve('{}')
    })
    const request = { method: 'POST', url: `${base}/refresh`, headers: [json] }
    const open = server.handle({ ...request, body: () => slowBody })
    let isIdle = false
    const idle = server.idle().then(() => {
      isIdle = true
    })
    // Two other idle servers resolve later than this one would if it ignored the open call.
    await createMockAuthServer().idle()
    await createMockAuthServer().idle()
    expect(isIdle).toBe(false)
    const followUp = open.then(() => ada.refresh())
    release()
    await idle
    expect(server.calls.refresh.map(({ status }) => status)).toEqual([401, 200])
    await followUp
  })

  it('does not wait for held and hanging calls, and works under fake timers', async () => {
    vi.useFakeTimers()
    const { server, ada } = await setUp()
    const gate = server.hold('refresh')
    server.failNext('login', 'hang')
    const open = [ada.refresh(), ada.login()]
    await gate.arrived()
    await server.idle()
    gate.release()
    server.reset()
    await Promise.all(open)
  })
})

describe('calls.login, calls.refresh, calls.logout and calls.api', () => {
  it('list the calls to their endpoint without preflights', async () => {
    const { server, ada, token } = await setUp()
    await ada.me(token)
    await server.guard(
      { method: 'GET', url: `${base}/todos`, headers: [['Authorization', `Bearer ${token}`]] },
      () => ({ status: 200, headers: [], setCookies: [], body: '' })
    )
    await server.handle({ method: 'OPTIONS', url: `${base}/refresh`, headers: [] })
    await ada.refresh()
    await ada.logout()
    const { calls } = server

    expect(calls.map(({ route }) => route)).toEqual([
      'login',
      'me',
      'protected',
      'preflight',
      'refresh',
      'logout'
    ])
    expect(calls.login).toEqual([calls[0]])
    expect(calls.api).toEqual([calls[1], calls[2]])
    expect(calls.refresh).toEqual([calls[4]])
    expect(calls.logout).toEqual([calls[5]])
  })
})
