// Server clock: moved forward and back, frozen, and with a faked Date.
import { createMockAuthServer, type MockClock } from 'everbearer/mock'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

afterEach(() => void vi.useRealTimers())

async function setUp() {
  const { server, clock: source } = createServerWithClock()
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, source, ada, token }
}

it('advance() moves issuing and verification of tokens, but not the client’s clock', async () => {
  const { server, source, ada, token } = await setUp()
  const startedAtMs = source.nowMs
  server.clock.advance(299)
  expect((await ada.me(token)).status).toBe(200)
  server.clock.advance(1)
  expect((await ada.me(token)).status).toBe(401)
  expect(outcome(server)).toBe('token_expired')

  const { iat } = claimsOf((await ada.refresh()).token)
  expect(iat).toBe(startedAtMs / 1000 + 300)
  expect(source.nowMs).toBe(startedAtMs)
})

it('advance() with negative seconds issues tokens in the past', async () => {
  const { server, source, ada } = await setUp()
  server.clock.advance(-3600)
  expect(claimsOf((await ada.refresh()).token).iat).toBe(source.nowMs / 1000 - 3600)
})

it('advance() past the session’s end makes the refresh fail as session_expired', async () => {
  const { server, ada } = await setUp()
  server.clock.advance(604_800)
  await ada.refresh()
  expect(outcome(server)).toBe('session_expired')
})

it('freeze() stops the clock at the given time, and advance() still moves it', () => {
  const { server, clock: source } = createServerWithClock()
  const { clock } = server
  clock.freeze()
  const frozenAtMs = clock.now()
  source.advanceSeconds(60)
  expect(clock.now()).toBe(frozenAtMs)
  clock.advance(5)
  expect(clock.now()).toBe(frozenAtMs + 5000)
  clock.freeze(new Date('2031-02-03T04:05:06Z'))
  expect(clock.now()).toBe(Date.parse('2031-02-03T04:05:06Z'))
  clock.freeze(0)
  expect(clock.now()).toBe(0)
  clock.reset()
  expect(clock.now()).toBe(source.nowMs)
})

it('the server’s clock follows a Date that is faked after the server was created', () => {
  const { clock } = createMockAuthServer()
  clock.advance(10)
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  expect(clock.now()).toBe(1_010_000)
  vi.setSystemTime(2_000_000)
  expect(clock.now()).toBe(2_010_000)
})

it('the server’s clock is reset by server.reset()', () => {
  const { server, clock: source } = createServerWithClock()
  server.clock.freeze(0)
  server.reset()
  expect(server.clock.now()).toBe(source.nowMs)
})

it('the methods of the clock work after destructuring', async () => {
  const { server } = await setUp()
  const { advance, now } = server.clock
  const before = now()
  advance(1)
  expect(now() - before).toBe(1000)
})

describe('after the server’s clock moves back', () => {
  it.each([0, 10])(
    'a reused refresh token is refused with a grace of %i s',
    async (refreshGraceSeconds) => {
      const { server } = createServerWithClock({ refreshGraceSeconds })
      const ada = openBrowser(overWire(server))
      await ada.login()
      const first = ada.cookie
      server.clock.advance(3600)
      await ada.refresh()
      server.clock.reset()
      server.clock.advance(600)
      const thief = openBrowser(overWire(server))
      thief.cookie = first
      await thief.refresh()
      expect(outcome(server)).toBe('refresh_reused')
    }
  )

  it('an access token that was not revoked is accepted', async () => {
    const { server } = createServerWithClock()
    const ada = openBrowser(overWire(server))
    const { token } = await ada.login()
    server.clock.advance(400)
    await ada.refresh()
    server.clock.reset()
    await ada.me(token)
    expect(outcome(server)).toBe('accepted')
  })

  it('events that were far apart do not count as a spike', async () => {
    const { server } = createServerWithClock({ spike: { count: 3, withinSeconds: 60 } })
    const spikes: unknown[] = []
    server.on('spike', (spike) => spikes.push(spike))
    const ada = openBrowser(overWire(server))
    server.clock.advance(86_400)
    await ada.login('wrong')
    await ada.login('wrong')
    server.clock.reset()
    await ada.login('wrong')
    expect(spikes).toEqual([])
  })
})

describe('the server’s clock', () => {
  const nonsense: [string, (clock: MockClock) => void, string][] = [
    ['advance', ({ advance }) => advance(Number.NaN), 'a finite number of seconds; received NaN'],
    ['advance', ({ advance }) => advance(Infinity), 'received Infinity'],
    ['advance', ({ advance }) => advance('5' as never), 'received "5"'],
    ['freeze', ({ freeze }) => freeze(new Date('x')), 'a Date or milliseconds since the epoch'],
    ['freeze', ({ freeze }) => freeze('2030' as never), 'received "2030"'],
    ['freeze', ({ freeze }) => freeze(8.65e15), 'received 8650000000000000'],
    ['advance', ({ advance }) => advance(8.64e12), 'a time within the range of Date'],
    ['advance', ({ advance }) => advance(Number.MAX_VALUE), 'received Infinity']
  ]
  it.each(nonsense)(
    'refuses an invalid argument of %s() and does not change',
    (method, act, message) => {
      const { server, clock: source } = createServerWithClock()
      expect(() => act(server.clock)).toThrow(TypeError)
      expect(() => act(server.clock)).toThrow(
        `clock.${method}(): ${method === 'advance' ? 'seconds' : 'at'}: expected `
      )
      expect(() => act(server.clock)).toThrow(message)
      expect(server.clock.now()).toBe(source.nowMs)
    }
  )
})

it('a token issued by a frozen clock expires when the clock advances past its exp', async () => {
  const { server, ada } = await setUp()
  server.clock.freeze()
  const { token } = await ada.refresh()
  server.clock.advance(300)
  const answer = await server.handle({
    method: 'GET',
    url: `${base}/me`,
    headers: [['Authorization', `Bearer ${token}`]]
  })
  expect(answer.status).toBe(401)
})
