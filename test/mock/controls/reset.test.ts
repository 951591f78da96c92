// A reset, after which the next test begins with nothing, whatever was under way.
import { createMockAuthServer } from 'everbearer/mock'
import { describe, expect, it, vi } from 'vitest'
import {
  base,
  createClockedServer,
  json,
  overWire,
  visit
} from '../../support/worlds/one-cookie-browser.ts'

const credentials = { email: 'ada@example.com', password: 'lovelace' }
const post = (path: string, body: object = {}) =>
  new Request(base + path, { method: 'POST', headers: [json], body: JSON.stringify(body) })

describe('a login that a reset overtakes', () => {
  it('leaves no session and no cookie, at whatever moment it is', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const server = createMockAuthServer()
      const late = server.fetch(post('/login', credentials))
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
      server.reset()
      await late.catch(() => undefined)

      expect({ turns, sessions: server.sessions }).toEqual({ turns, sessions: [] })
      await server.fetch(post('/refresh'))
      expect([turns, server.calls.at(-1)?.outcome]).toEqual([turns, 'no_cookie'])
    }
  })

  it('is cut off', async () => {
    const server = createMockAuthServer()
    const late = server.fetch(post('/login', credentials))
    server.reset()
    await expect(late).rejects.toThrow('the connection was lost')
  })

  it('leaves none where it was only slow to arrive', async () => {
    const server = createMockAuthServer({ latencyMs: 5 })
    const late = server.fetch(post('/login', credentials))
    server.reset()
    await expect(late).rejects.toThrow('the connection was lost')
    expect(server.sessions).toEqual([])
  })
})

it('a sign-out that a reset overtakes does not end the session that came after it', async () => {
  const server = createMockAuthServer({ latencyMs: 20 })
  await server.signIn()
  const late = server.fetch(post('/logout'))
  server.reset()
  await server.signIn()
  await expect(late).rejects.toThrow('the connection was lost')
  expect(server.sessions).toHaveLength(1)
  expect((await server.fetch(post('/refresh'))).status).toBe(200)
})

it.each([
  ['signIn', 'unknown_session'],
  ['mint', undefined]
] as const)(
  '%s leaves no session and no cookie where a reset overtakes it',
  async (lever, code) => {
    const server = createMockAuthServer()
    const late = server[lever]().catch((error) => error)
    server.reset()
    expect((await late).code).toBe(code)
    expect(server.sessions).toEqual([])
    await server.fetch(post('/refresh'))
    expect(server.calls.at(-1)?.outcome).toBe('no_cookie')
  }
)

it('a key that is provided after a reset is refused', async () => {
  const server = createMockAuthServer()
  let provide: (key: { kid: string; secret: string }) => void = () => {}
  const late = server.registerKey(
    () =>
      new Promise((resolve) => {
        provide = resolve
      })
  )
  server.reset()
  provide({ kid: 'late', secret: 'abcd'.repeat(8) })
  await expect(late).rejects.toMatchObject({ code: 'too_late' })
  expect(server.keys.map(({ kid }) => kid)).not.toContain('late')
})

it('no call of before a reset counts towards a spike, or is told of', async () => {
  const { server } = createClockedServer({ spike: { count: 2, withinSeconds: 60 } })
  const [spikes, calls] = [vi.fn(), vi.fn()]
  server.on('spike', spikes)
  const gate = server.hold('login', { after: 'commit' })
  const ada = visit(overWire(server))
  const held = ada.login('wrong')
  await gate.arrived()
  server.onCall(calls)
  server.reset()
  await held
  await ada.login('wrong')
  expect(spikes).not.toHaveBeenCalled()
  expect(calls).toHaveBeenCalledOnce()
})
