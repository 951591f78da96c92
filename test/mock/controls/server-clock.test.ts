// The server's clock: skew in both directions, standstill, and faked time.
import { createMockAuthServer, type MockClock } from 'everbearer/mock'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  base,
  claimsOf,
  createClockedServer,
  outcome,
  overWire,
  visit
} from '../../support/worlds/one-cookie-browser.ts'

afterEach(() => void vi.useRealTimers())

async function arrange() {
  const { server, clock: source } = createClockedServer()
  const ada = visit(overWire(server))
  const { token } = await ada.login()
  return { server, source, ada, token }
}

it('moves issuing and verification together, and nothing of the client', async () => {
  const { server, source, ada, token } = await arrange()
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

it('goes back as well: tokens of a server that is behind', async () => {
  const { server, source, ada } = await arrange()
  server.clock.advance(-3600)
  expect(claimsOf((await ada.refresh()).token).iat).toBe(source.nowMs / 1000 - 3600)
})

it('moves sessions to their end', async () => {
  const { server, ada } = await arrange()
  server.clock.advance(604_800)
  await ada.refresh()
  expect(outcome(server)).toBe('session_expired')
})

it('stands still while frozen, wherever it was put, and moves when it is told to', () => {
  const { server, clock: source } = createClockedServer()
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

it('follows a Date that is faked after the server was made', () => {
  const { clock } = createMockAuthServer()
  clock.advance(10)
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  expect(clock.now()).toBe(1_010_000)
  vi.setSystemTime(2_000_000)
  expect(clock.now()).toBe(2_010_000)
})

it('is reset together with the server', () => {
  const { server, clock: source } = createClockedServer()
  server.clock.freeze(0)
  server.reset()
  expect(server.clock.now()).toBe(source.nowMs)
})

it('survives destructuring', async () => {
  const { server } = await arrange()
  const { advance, now } = server.clock
  const before = now()
  advance(1)
  expect(now() - before).toBe(1000)
})

describe('a clock that is put back', () => {
  it.each([0, 10])('forgives no reuse with a grace of %i s', async (refreshGraceSeconds) => {
    const { server } = createClockedServer({ refreshGraceSeconds })
    const ada = visit(overWire(server))
    await ada.login()
    const first = ada.cookie
    server.clock.advance(3600)
    await ada.refresh()
    server.clock.reset()
    server.clock.advance(600)
    const thief = visit(overWire(server))
    thief.cookie = first
    await thief.refresh()
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('leaves a token good that was never revoked', async () => {
    const { server } = createClockedServer()
    const ada = visit(overWire(server))
    const { token } = await ada.login()
    server.clock.advance(400)
    await ada.refresh()
    server.clock.reset()
    await ada.me(token)
    expect(outcome(server)).toBe('accepted')
  })

  it('makes no spike of what was far apart', async () => {
    const { server } = createClockedServer({ spike: { count: 3, withinSeconds: 60 } })
    const spikes: unknown[] = []
    server.on('spike', (spike) => spikes.push(spike))
    const ada = visit(overWire(server))
    server.clock.advance(86_400)
    await ada.login('wrong')
    await ada.login('wrong')
    server.clock.reset()
    await ada.login('wrong')
    expect(spikes).toEqual([])
  })
})

describe('nonsense is refused and changes nothing', () => {
  const nonsense: [string, (clock: MockClock) => void, string][] = [
    ['advance', ({ advance }) => advance(Number.NaN), 'a finite number of seconds; received NaN'],
    ['advance', ({ advance }) => advance(Infinity), 'received Infinity'],
    ['advance', ({ advance }) => advance('5' as never), 'received 5'],
    ['freeze', ({ freeze }) => freeze(new Date('x')), 'a Date or milliseconds since the epoch'],
    ['freeze', ({ freeze }) => freeze('2030' as never), 'received 2030'],
    ['freeze', ({ freeze }) => freeze(8.65e15), 'received 8650000000000000'],
    ['advance', ({ advance }) => advance(8.64e12), 'seconds to a moment that a Date can name'],
    ['advance', ({ advance }) => advance(Number.MAX_VALUE), 'received Infinity']
  ]
  it.each(nonsense)('by clock.%s', (method, act, message) => {
    const { server, clock: source } = createClockedServer()
    expect(() => act(server.clock)).toThrow(TypeError)
    expect(() => act(server.clock)).toThrow(
      `clock.${method}(): ${method === 'advance' ? 'seconds' : 'at'}: expected `
    )
    expect(() => act(server.clock)).toThrow(message)
    expect(server.clock.now()).toBe(source.nowMs)
  })
})

it('a token of a frozen server expires when the clock is moved past it', async () => {
  const { server, ada } = await arrange()
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
