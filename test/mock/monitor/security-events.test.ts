// Security events: when each is emitted, and that no event contains a secret.
import { createMockAuthServer, type MockEventName, type MockEvents } from 'everbearer/mock'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const names: readonly MockEventName[] = [
  'login-failed',
  'refresh-reused',
  'token-refused',
  'unknown-subject',
  'request-forged',
  'spike',
  'key-changed'
]

function watched(options: Parameters<typeof createServerWithClock>[0] = {}) {
  const { server, clock } = createServerWithClock(options)
  const heard: [MockEventName, MockEvents[MockEventName]][] = []
  for (const name of names) server.on(name, (event) => heard.push([name, event]))
  return { server, clock, heard, ada: openBrowser(overWire(server)) }
}

const login = (email: string, origin?: string) => ({
  method: 'POST',
  url: `${base}/login`,
  headers: [json, ...(origin === undefined ? [] : [['Origin', origin] as [string, string]])],
  body: JSON.stringify({ email, password: 'guessed' })
})

describe('login-failed events', () => {
  it('contains the user and the origin, and never the email or password', async () => {
    const { server, clock, heard } = watched()
    await server.handle(login('ada@example.com', 'http://localhost:3000'))
    await server.handle(login('my-password-in-the-wrong-field'))

    expect(heard).toEqual([
      [
        'login-failed',
        { atMs: clock.nowMs, route: 'login', origin: 'http://localhost:3000', sub: 'user-1' }
      ],
      ['login-failed', { atMs: clock.nowMs, route: 'login' }]
    ])
    expect(JSON.stringify([heard, server.calls])).not.toMatch(/guessed|my-password/)
  })
})

describe('refresh-reused', () => {
  it('contains the user and the revoked session', async () => {
    const { server, clock, heard, ada } = watched()
    const { token } = await ada.login()
    const first = ada.cookie
    await ada.refresh()
    clock.advanceSeconds(60)
    const thief = openBrowser(overWire(server))
    thief.cookie = first
    await thief.refresh()

    expect(heard).toEqual([
      [
        'refresh-reused',
        { atMs: clock.nowMs, route: 'refresh', sub: 'user-1', sid: claimsOf(token).sid }
      ]
    ])
  })

  it('is not emitted within the grace period, and only once per session', async () => {
    const { server, heard, ada } = watched({ refreshGraceSeconds: 10 })
    await ada.login()
    const first = ada.cookie
    await ada.refresh()
    for (const cookie of [first, first]) {
      const other = openBrowser(overWire(server))
      other.cookie = cookie
      await other.refresh()
    }
    expect(heard).toEqual([])
    await ada.refresh()
    for (const cookie of [first, first]) {
      const other = openBrowser(overWire(server))
      other.cookie = cookie
      await other.refresh()
    }
    expect(heard).toHaveLength(1)
  })
})

describe('token-refused and unknown-subject', () => {
  it('contain the reason, and the claims of a correctly signed token', async () => {
    const { server, clock, heard, ada } = watched({ keys: [{ kid: 'k', secret: 's'.repeat(32) }] })
    const { sid } = await server.signIn()
    const at = { atMs: clock.nowMs, route: 'me' }
    await ada.me(await server.mint({ sid, forgery: 'alg-none' }))
    await ada.me(await server.mint({ sid, forgery: 'foreign-signature' }))
    await ada.me(await server.mint({ sid, forgery: 'wrong-audience', claims: { jti: 'a' } }))
    await ada.me(await server.mint({ sid, claims: { sub: 'ghost', jti: 'b' } }))

    expect(heard).toEqual([
      ['token-refused', { ...at, reason: 'alg_not_allowed' }],
      ['token-refused', { ...at, reason: 'bad_signature', kid: 'k' }],
      [
        'token-refused',
        { ...at, reason: 'wrong_audience', kid: 'k', sub: 'user-1', sid, jti: 'a' }
      ],
      ['unknown-subject', { ...at, kid: 'k', sub: 'ghost', jti: 'b' }],
      ['token-refused', { ...at, reason: 'unknown_subject', kid: 'k', sub: 'ghost', sid, jti: 'b' }]
    ])
  })

  it('are not emitted for missing or expired tokens', async () => {
    const { server, heard, ada } = watched()
    await ada.me()
    await ada.me(await server.mint({ forgery: 'expired' }))
    await ada.me(await server.mint())
    expect(heard).toEqual([])
  })
})

it('request-forged contains the origin of the page', async () => {
  const { server, clock, heard } = watched()
  await server.handle(login('ada@example.com', 'https://evil.test'))
  expect(heard).toEqual([
    ['request-forged', { atMs: clock.nowMs, route: 'login', origin: 'https://evil.test' }]
  ])
})

describe('spike', () => {
  const spike = { count: 5, withinSeconds: 60 }
  const fail = async ({ server }: ReturnType<typeof watched>, times: number) => {
    for (let time = 0; time < times; time += 1) await server.handle(login('ada@example.com'))
  }
  const spikes = ({ heard }: ReturnType<typeof watched>) =>
    heard.filter(([name]) => name === 'spike').map(([, event]) => event)

  it('is emitted once when count events of a kind occur within withinSeconds', async () => {
    const watch = watched({ spike })
    await fail(watch, 4)
    expect(spikes(watch)).toEqual([])
    await fail(watch, 20)
    expect(spikes(watch)).toEqual([
      { atMs: watch.clock.nowMs, of: 'login-failed', count: 5, withinSeconds: 60 }
    ])
  })

  it('is emitted again only after the rate has dropped', async () => {
    const watch = watched({ spike })
    await fail(watch, 6)
    watch.clock.advanceSeconds(59)
    await fail(watch, 6)
    expect(spikes(watch)).toHaveLength(1)
    watch.clock.advanceSeconds(60)
    await fail(watch, 4)
    expect(spikes(watch)).toHaveLength(1)
    await fail(watch, 1)
    expect(spikes(watch)).toHaveLength(2)
  })

  it('is not emitted for a steady low rate', async () => {
    const watch = watched({ spike })
    for (let minute = 0; minute < 20; minute += 1) {
      await fail(watch, 1)
      watch.clock.advanceSeconds(15)
    }
    expect(spikes(watch)).toEqual([])
  })

  it('counts each kind separately, and from zero after reset()', async () => {
    const watch = watched({ spike })
    const { server } = watch
    await fail(watch, 4)
    for (let time = 0; time < 4; time += 1) {
      await server.handle(login('ada@example.com', 'https://evil.test'))
    }
    expect(spikes(watch)).toEqual([])
    server.reset()
    await fail(watch, 4)
    expect(spikes(watch)).toEqual([])
  })

  it('is emitted at ten events within a minute by default', async () => {
    const watch = watched()
    await fail(watch, 9)
    expect(spikes(watch)).toEqual([])
    await fail(watch, 1)
    expect(spikes(watch)).toMatchObject([{ count: 10, withinSeconds: 60 }])
  })
})

describe('server.on()', () => {
  it('returns a function that removes the listener', async () => {
    const { server } = createServerWithClock()
    const heard: unknown[] = []
    const remove = server.on('login-failed', (event) => heard.push(event))
    await server.handle(login('ada@example.com'))
    remove()
    remove()
    await server.handle(login('ada@example.com'))
    expect(heard).toHaveLength(1)
    expect(Object.isFrozen(heard[0])).toBe(true)
  })

  it('answers the call although a listener throws, and reports the error as uncaught', async () => {
    const { server } = createServerWithClock()
    const uncaught = vi.fn()
    const given = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', uncaught)
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException')
      for (const listener of given) process.on('uncaughtException', listener)
    })
    server.on('login-failed', () => {
      throw new Error('an error of the listener')
    })
    expect((await server.handle(login('ada@example.com'))).status).toBe(401)
    await vi.waitFor(() => expect(uncaught).toHaveBeenCalledOnce())
  })

  it('throws a TypeError for an unknown event and for a listener that is not a function', () => {
    const server = createMockAuthServer()
    expect(() => server.on('logged-in' as MockEventName, () => {})).toThrow(
      'on(): name: expected one of login-failed, refresh-reused,'
    )
    expect(() => server.on('spike', undefined as unknown as () => void)).toThrow(
      'on(): listener: expected a function; received undefined'
    )
  })
})
