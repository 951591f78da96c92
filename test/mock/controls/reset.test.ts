// reset(): returns the server to its initial state, even while calls are in flight.
import { createMockAuthServer } from 'everbearer/mock'
import { describe, expect, it, vi } from 'vitest'
import {
  base,
  createServerWithClock,
  json,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const credentials = { email: 'ada@example.com', password: 'lovelace' }
const post = (path: string, body: object = {}) =>
  new Request(base + path, { method: 'POST', headers: [json], body: JSON.stringify(body) })

describe('a login in flight during a reset', () => {
  it('leaves no session and no cookie, at any moment of the reset', async () => {
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

  it('loses its connection', async () => {
    const server = createMockAuthServer()
    const late = server.fetch(post('/login', credentials))
    server.reset()
    await expect(late).rejects.toThrow('the connection was lost')
  })

  it('leaves no session if latency delayed its handling', async () => {
    const server = createMockAuthServer({ latencyMs: 5 })
    const late = server.fetch(post('/login', credentials))
    server.reset()
    await expect(late).rejects.toThrow('the connection was lost')
    expect(server.sessions).toEqual([])
  })
})

it('a logout in flight during a reset does not end a session created after it', async () => {
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
  '%s in flight during a reset leaves no session and no cookie',
  async (control, code) => {
    const server = createMockAuthServer()
    const late = server[control]().catch((error) => error)
    server.reset()
    expect((await late).code).toBe(code)
    expect(server.sessions).toEqual([])
    await server.fetch(post('/refresh'))
    expect(server.calls.at(-1)?.outcome).toBe('no_cookie')
  }
)

it('registerKey rejects if the key is provided after a reset', async () => {
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

it('a call in flight during a reset is neither counted for a spike nor reported to onCall', async () => {
  const { server } = createServerWithClock({ spike: { count: 2, withinSeconds: 60 } })
  const [spikes, calls] = [vi.fn(), vi.fn()]
  server.on('spike', spikes)
  const gate = server.hold('login', { after: 'commit' })
  const ada = openBrowser(overWire(server))
  const held = ada.login('wrong')
  await gate.arrived()
  server.onCall(calls)
  server.reset()
  await held
  await ada.login('wrong')
  expect(spikes).not.toHaveBeenCalled()
  expect(calls).toHaveBeenCalledOnce()
})
