// A page that is loaded again: the mock in it is gone, and the refresh cookie is still there.
import { createAuthClient } from 'everbearer'
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions,
  type MockStorage
} from 'everbearer/mock'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../../support/clocks/manual-clock.ts'
import {
  claimsOf,
  outcome,
  overWire,
  type Visitor,
  visit
} from '../../support/worlds/one-cookie-browser.ts'
import { ada as credentials } from '../../support/worlds/test-client.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  pageOrigin
} from '../../support/worlds/virtual-browser.ts'

afterEach(() => void vi.restoreAllMocks())

const events = [
  'login-failed',
  'refresh-reused',
  'token-refused',
  'request-forged',
  'spike'
] as const

function watch(server: MockAuthServer): string[] {
  const heard: string[] = []
  for (const name of events) server.on(name, () => heard.push(name))
  return heard
}

describe('a cookie that another server has set', () => {
  it.each([
    ['one of an earlier page', () => createMockAuthServer()],
    [
      'the same one before its reset',
      (server: MockAuthServer) => {
        server.reset()
        return server
      }
    ]
  ])('is unknown, no reuse, and no alarm: %s', async (_name, next) => {
    const earlier = createMockAuthServer()
    const ada = visit(overWire(earlier))
    await ada.login()
    await ada.refresh()
    const server = next(earlier)
    const heard = watch(server)
    const left = visit(overWire(server))
    left.cookie = ada.cookie
    const answer = await left.refresh()

    expect([answer.status, JSON.parse(answer.body).error]).toEqual([401, 'invalid_grant'])
    expect(outcome(server)).toBe('unknown_session')
    // It may be the cookie of a server on another port, which knows it.
    expect(answer.setCookies).toEqual([])
    expect([heard, server.violations, server.sessions]).toEqual([[], [], []])
    expect((await left.login()).status).toBe(200)
    expect((await left.refresh()).status).toBe(200)
    expect([heard, server.violations]).toEqual([[], []])
  })
})

function createStorage(): MockStorage & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return {
    entries,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key)
  }
}

/** A page with a mock in it, which can be loaded again. */
function open(options: MockAuthServerOptions = {}) {
  const persist = createStorage()
  let nowMs = Date.UTC(2030, 0, 1)
  const load = () => createMockAuthServer({ persist, now: () => nowMs, ...options })
  const page = {
    persist,
    server: load(),
    pass: (seconds: number) => {
      nowMs += seconds * 1000
    },
    reload: () => {
      page.server = load()
    }
  }
  const ada: Visitor = visit((question) => overWire(page.server)(question))
  return { page, ada }
}

describe('with persist', () => {
  it('a session goes on, as the one that it was', async () => {
    const { page, ada } = open({ refreshIdleSeconds: 1000, sessionSeconds: 2000 })
    const { token } = await ada.login()
    const before = page.server.sessions
    page.pass(500)
    page.reload()
    const answer = await ada.refresh()
    expect([answer.status, outcome(page.server)]).toEqual([200, 'rotated'])
    expect(page.server.sessions).toEqual(before)
    expect(claimsOf(answer.token).sid).toBe(claimsOf(token).sid)
    page.pass(1000)
    page.reload()
    expect((await ada.refresh()).status).toBe(401)
    expect(outcome(page.server)).toBe('session_idle')
  })

  it('an answer that the reload has lost is forgiven, and gets the same successor', async () => {
    const { page, ada } = open()
    await ada.login()
    const spent = ada.cookie
    await ada.refresh()
    const successor = ada.cookie
    page.reload()
    ada.cookie = spent
    expect((await ada.refresh()).status).toBe(200)
    expect([outcome(page.server), ada.cookie]).toEqual(['replayed', successor])
  })

  it('a grandparent still kills the family', async () => {
    const { page, ada } = open()
    await ada.login()
    const stolen = ada.cookie
    await ada.refresh()
    await ada.refresh()
    page.reload()
    const newest = ada.cookie
    ada.cookie = stolen
    await ada.refresh()
    expect(outcome(page.server)).toBe('refresh_reused')
    page.reload()
    ada.cookie = newest
    await ada.refresh()
    expect(outcome(page.server)).toBe('session_revoked')
  })

  it.each([
    ['a sign-out', ({ logout }: Visitor) => logout(), 'session_revoked'],
    [
      'endSessions',
      (_: Visitor, { endSessions }: MockAuthServer) => endSessions(),
      'session_revoked'
    ],
    [
      'endSession',
      (_: Visitor, { endSession, sessions }: MockAuthServer) => endSession(sessions[0]?.sid ?? ''),
      'session_revoked'
    ],
    [
      'expireSession',
      (_: Visitor, { expireSession, sessions }: MockAuthServer) =>
        expireSession(sessions[0]?.sid ?? ''),
      'session_expired'
    ],
    [
      'an emergency',
      (_: Visitor, { emergencyRotate }: MockAuthServer) => emergencyRotate(),
      'session_revoked'
    ],
    ['a reset', (_: Visitor, { reset }: MockAuthServer) => reset(), 'unknown_session']
  ])('what has ended by %s has ended', async (_name, end, reason) => {
    const { page, ada } = open()
    await ada.login()
    const { cookie } = ada
    await end(ada, page.server)
    page.reload()
    ada.cookie = cookie
    expect((await ada.refresh()).status).toBe(401)
    expect(outcome(page.server)).toBe(reason)
  })

  it('a session that was arranged without a request is kept', async () => {
    const { page, ada } = open()
    ada.cookie = (await page.server.signIn()).refreshToken
    page.reload()
    expect((await ada.refresh()).status).toBe(200)
  })

  it('token versions go on', async () => {
    const { page, ada } = open()
    await ada.login()
    page.server.bumpTokenVersion()
    page.reload()
    expect(claimsOf((await ada.refresh()).token)).toMatchObject({ token_version: 1 })
    expect(page.server.bumpTokenVersion()).toBe(2)
  })

  it.each([
    ['made by the server', {}, 'unknown_kid'],
    [
      'given',
      { keys: [{ kid: 'given', secret: 'a secret of at least 32 bytes, for tests' }] },
      'token_revoked'
    ]
  ])(
    'an access token of before, its key %s, is refused, and a refresh helps',
    async (_name, options, reason) => {
      const { page, ada } = open(options)
      const { token } = await ada.login()
      page.reload()
      expect((await ada.me(token)).status).toBe(401)
      expect(outcome(page.server)).toBe(reason)
      expect((await ada.me((await ada.refresh()).token)).status).toBe(200)
    }
  )

  it.each([
    ['an emergency', ({ emergencyRotate }: MockAuthServer) => void emergencyRotate()],
    [
      'a rotation and a retirement',
      ({ rotateKey, retireKey }: MockAuthServer) => void retireKey(rotateKey().previousKid)
    ]
  ])('a given key that is gone by %s stays gone', async (_name, retire) => {
    const { page, ada } = open({
      revocation: 'short-lived',
      keys: [
        { kid: 'leaked', secret: 'a secret of at least 32 bytes, for tests' },
        { kid: 'older', secret: 'another one of at least 32 bytes, for tests' }
      ]
    })
    const { token } = await ada.login()
    retire(page.server)
    const others = page.server.keys.filter(({ status }) => status === 'verifying')
    page.reload()
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(page.server)).toBe('retired_key')
    // None of the others signs in its place: they were given to verify.
    const [signing, ...verifying] = page.server.keys
    expect([signing?.kid.startsWith('key-'), verifying]).toEqual([true, others])
    expect((await ada.me((await ada.login()).token)).status).toBe(200)

    page.server.reset()
    page.reload()
    expect(page.server.keys.map(({ kid }) => kid)).toEqual(['leaked', 'older'])
  })

  it('nothing in storage signs anybody in', async () => {
    const { page, ada } = open()
    const { token } = await ada.login()
    const first = ada.cookie
    const second = await ada.refresh()
    const stored = [...page.persist.entries].flat().join()
    for (const secret of [token, second.token, first, ada.cookie, 'lovelace', '"d":', '"k":']) {
      expect(stored).not.toContain(secret)
    }
    page.server.reset()
    expect([...page.persist.entries]).toEqual([])
  })

  it('servers of other issuers, or on other paths, keep apart', async () => {
    const persist = createStorage()
    const ada = visit(overWire(createMockAuthServer({ persist })))
    await ada.login()
    for (const options of [{ issuer: 'https://other.test' }, { basePath: '/v1' }]) {
      expect(createMockAuthServer({ persist, ...options }).sessions).toEqual([])
    }
    expect(createMockAuthServer({ persist }).sessions).toHaveLength(1)
  })

  it('users that are not there any more have no session', async () => {
    const persist = createStorage()
    await visit(overWire(createMockAuthServer({ persist }))).login()
    const users = [{ email: 'bob@example.com', password: 'b', sub: 'bob' }]
    expect(createMockAuthServer({ persist, users }).sessions).toEqual([])
  })
})

describe('what cannot be read', () => {
  async function keep(): Promise<[key: string, stored: Record<string, unknown>]> {
    const { page, ada } = open()
    await ada.login()
    await ada.refresh('attempt')
    const [[key, text] = ['', '']] = page.persist.entries
    return [key, JSON.parse(text)]
  }
  const change = (family: object) => (stored: Record<string, unknown>) => ({
    ...stored,
    sessions: [{ ...(stored.sessions as object[])[0], ...family }]
  })
  it.each<[string, (stored: Record<string, unknown>) => unknown]>([
    ['no JSON', () => '{'],
    ['null', () => 'null'],
    ['an array', () => []],
    ['something else', () => ({ theme: 'dark' })],
    ['another version', (stored) => ({ ...stored, version: 0 })],
    ['no secret', (stored) => ({ ...stored, secret: undefined })],
    ['half a secret', (stored) => ({ ...stored, secret: 'abc' })],
    ['a secret that is none', (stored) => ({ ...stored, secret: '\u{1f511}'.repeat(20) })],
    ['no sessions', (stored) => ({ ...stored, sessions: {} })],
    ['a session that is none', (stored) => ({ ...stored, sessions: [null] })],
    ['a session without a name', change({ id: 7 })],
    ['a session that never ends', change({ endsAtSeconds: null })],
    ['a session that is revoked in words', change({ isRevoked: 'no' })],
    ['a session with odd hashes', change({ issued: ['x', 1] })],
    ['a session with an odd predecessor', change({ predecessor: { fingerprint: 1 } })],
    ['versions that are none', (stored) => ({ ...stored, tokenVersions: { 'user-1': 'x' } })],
    ['keys that are none', (stored) => ({ ...stored, goneKids: [7] })]
  ])('starts afresh, and is said: %s', async (_name, spoil) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const [key, stored] = await keep()
    const spoiled = spoil(stored)
    const persist = createStorage()
    persist.setItem(key, typeof spoiled === 'string' ? spoiled : JSON.stringify(spoiled))
    const server = createMockAuthServer({ persist })
    const ada = visit(overWire(server))

    expect(warn.mock.calls).toEqual([[expect.stringContaining('persist')]])
    expect(server.sessions).toEqual([])
    expect((await ada.login()).status).toBe(200)
    expect(createMockAuthServer({ persist }).sessions).toHaveLength(1)
    expect(warn).toHaveBeenCalledTimes(1)
  })

  it('a storage that refuses everything is said once, and changes nothing else', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const refuse = () => {
      throw new Error('quota')
    }
    const persist = { getItem: refuse, setItem: refuse, removeItem: refuse }
    const server = createMockAuthServer({ persist })
    const ada = visit(overWire(server))
    await ada.login()
    expect((await ada.refresh()).status).toBe(200)
    server.reset()
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

it.each([
  [null, 'null'],
  ['sessionStorage', '"sessionStorage"'],
  [{}, 'an object'],
  [{ getItem() {}, setItem() {} }, 'an object']
])('persist %j is refused', (persist, received) => {
  expect(() => Reflect.apply(createMockAuthServer, undefined, [{ persist }])).toThrow(
    `Option persist: expected an object with getItem, setItem and removeItem, such as sessionStorage; received ${received}`
  )
})

it('keeps the user of the real client signed in, and breaks no rule', async () => {
  const clock = createManualClock()
  const persist = createStorage()
  const load = () =>
    createMockAuthServer({ persist, now: clock.trueNow, allowedOrigins: [pageOrigin] })
  let server = load()
  const browser = createVirtualBrowser({
    handle: (...given) => server.handle(...given),
    guard: (...given) => server.guard(...given),
    owns: (request) => server.owns(request)
  })
  const loadPage = () => {
    const auth = createAuthClient({
      baseURL: apiOrigin,
      restore: 'always',
      platform: { ...clock.platform, ...browser.platform }
    })
    auth.axios.defaults.adapter = browser.adapter
    onTestFinished(auth.dispose)
    return auth
  }
  const first = loadPage()
  await first.login(credentials)
  first.dispose()
  for (let visits = 0; visits < 3; visits += 1) {
    server = load()
    const auth = loadPage()
    expect((await auth.ready()).status).toBe('authenticated')
    expect((await auth.axios.get('/me')).data).toMatchObject({ email: credentials.email })
    expect(server.violations).toEqual([])
    auth.dispose()
  }
})
