// Reloaded page: the mock in it starts again, and the browser still has the refresh cookie.
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
  type OneCookieBrowser,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'
import { ada as credentials } from '../../support/setups/test-client.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  pageOrigin
} from '../../support/setups/virtual-browser.ts'

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

describe('a cookie from an earlier server', () => {
  it.each([
    ['of an earlier page', () => createMockAuthServer()],
    [
      'from before a reset',
      (server: MockAuthServer) => {
        server.reset()
        return server
      }
    ]
  ])('%s is refused as unknown, without a reuse event or a violation', async (_name, next) => {
    const earlier = createMockAuthServer()
    const ada = openBrowser(overWire(earlier))
    await ada.login()
    await ada.refresh()
    const server = next(earlier)
    const heard = watch(server)
    const left = openBrowser(overWire(server))
    left.cookie = ada.cookie
    const answer = await left.refresh()

    expect([answer.status, JSON.parse(answer.body).error]).toEqual([401, 'invalid_grant'])
    expect(outcome(server)).toBe('unknown_session')
    // The cookie is not deleted: a server on another port may know it.
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

/** A page that contains the mock and can be reloaded. */
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
  const ada: OneCookieBrowser = openBrowser((question) => overWire(page.server)(question))
  return { page, ada }
}

describe('a server with the option persist', () => {
  it('continues the session with its sid and its end times', async () => {
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

  it('returns the same refresh token if a reload lost the response', async () => {
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

  it('still detects the reuse of an older refresh token', async () => {
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
    ['a logout', ({ logout }: OneCookieBrowser) => logout(), 'session_revoked'],
    [
      'endSessions',
      (_: OneCookieBrowser, { endSessions }: MockAuthServer) => endSessions(),
      'session_revoked'
    ],
    [
      'endSession',
      (_: OneCookieBrowser, { endSession, sessions }: MockAuthServer) =>
        endSession(sessions[0]?.sid ?? ''),
      'session_revoked'
    ],
    [
      'expireSession',
      (_: OneCookieBrowser, { expireSession, sessions }: MockAuthServer) =>
        expireSession(sessions[0]?.sid ?? ''),
      'session_expired'
    ],
    [
      'emergencyRotate',
      (_: OneCookieBrowser, { emergencyRotate }: MockAuthServer) => emergencyRotate(),
      'session_revoked'
    ],
    ['a reset', (_: OneCookieBrowser, { reset }: MockAuthServer) => reset(), 'unknown_session']
  ])('does not restore a session that ended by %s', async (_name, end, reason) => {
    const { page, ada } = open()
    await ada.login()
    const { cookie } = ada
    await end(ada, page.server)
    page.reload()
    ada.cookie = cookie
    expect((await ada.refresh()).status).toBe(401)
    expect(outcome(page.server)).toBe(reason)
  })

  it('restores a session that signIn() created', async () => {
    const { page, ada } = open()
    ada.cookie = (await page.server.signIn()).refreshToken
    page.reload()
    expect((await ada.refresh()).status).toBe(200)
  })

  it('restores token versions', async () => {
    const { page, ada } = open()
    await ada.login()
    page.server.bumpTokenVersion()
    page.reload()
    expect(claimsOf((await ada.refresh()).token)).toMatchObject({ token_version: 1 })
    expect(page.server.bumpTokenVersion()).toBe(2)
  })

  it.each([
    ['generated', {}, 'unknown_kid'],
    [
      'given',
      { keys: [{ kid: 'given', secret: 'a secret of at least 32 bytes, for tests' }] },
      'token_revoked'
    ]
  ])(
    'refuses an earlier access token of a %s key until the next refresh',
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
    ['an emergency rotation', ({ emergencyRotate }: MockAuthServer) => void emergencyRotate()],
    [
      'a rotation and a retirement',
      ({ rotateKey, retireKey }: MockAuthServer) => void retireKey(rotateKey().previousKid)
    ]
  ])('does not restore a given key that %s retired', async (_name, retire) => {
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
    // A generated key signs: the other given keys only verify.
    const [signing, ...verifying] = page.server.keys
    expect([signing?.kid.startsWith('key-'), verifying]).toEqual([true, others])
    expect((await ada.me((await ada.login()).token)).status).toBe(200)

    page.server.reset()
    page.reload()
    expect(page.server.keys.map(({ kid }) => kid)).toEqual(['leaked', 'older'])
  })

  it('stores no token, password or key', async () => {
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

  it('separates servers with different issuers or paths', async () => {
    const persist = createStorage()
    const ada = openBrowser(overWire(createMockAuthServer({ persist })))
    await ada.login()
    for (const options of [{ issuer: 'https://other.test' }, { basePath: '/v1' }]) {
      expect(createMockAuthServer({ persist, ...options }).sessions).toEqual([])
    }
    expect(createMockAuthServer({ persist }).sessions).toHaveLength(1)
  })

  it('drops sessions of users that no longer exist', async () => {
    const persist = createStorage()
    await openBrowser(overWire(createMockAuthServer({ persist }))).login()
    const users = [{ email: 'bob@example.com', password: 'b', sub: 'bob' }]
    expect(createMockAuthServer({ persist, users }).sessions).toEqual([])
  })
})

describe('a server that persists to a broken storage', () => {
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
    ['invalid JSON', () => '{'],
    ['null', () => 'null'],
    ['an array', () => []],
    ['an unrelated object', () => ({ theme: 'dark' })],
    ['another version', (stored) => ({ ...stored, version: 0 })],
    ['no secret', (stored) => ({ ...stored, secret: undefined })],
    ['a short secret', (stored) => ({ ...stored, secret: 'abc' })],
    [
      'a secret with invalid characters',
      (stored) => ({ ...stored, secret: '\u{1f511}'.repeat(20) })
    ],
    ['no sessions', (stored) => ({ ...stored, sessions: {} })],
    ['a session of null', (stored) => ({ ...stored, sessions: [null] })],
    ['a session with a numeric id', change({ id: 7 })],
    ['a session without an end', change({ endsAtSeconds: null })],
    ['a session with isRevoked as text', change({ isRevoked: 'no' })],
    ['a session with a numeric fingerprint', change({ issued: ['x', 1] })],
    ['a session with an invalid predecessor', change({ predecessor: { fingerprint: 1 } })],
    ['token versions as an object', (stored) => ({ ...stored, tokenVersions: { 'user-1': 'x' } })],
    ['retired keys as numbers', (stored) => ({ ...stored, goneKids: [7] })]
  ])('starts without sessions and warns once if the storage contains %s', async (_name, spoil) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const [key, stored] = await keep()
    const spoiled = spoil(stored)
    const persist = createStorage()
    persist.setItem(key, typeof spoiled === 'string' ? spoiled : JSON.stringify(spoiled))
    const server = createMockAuthServer({ persist })
    const ada = openBrowser(overWire(server))

    expect(warn.mock.calls).toEqual([[expect.stringContaining('persist')]])
    expect(server.sessions).toEqual([])
    expect((await ada.login()).status).toBe(200)
    expect(createMockAuthServer({ persist }).sessions).toHaveLength(1)
    expect(warn).toHaveBeenCalledTimes(1)
  })

  it('works and warns once if the storage always throws', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const refuse = () => {
      throw new Error('quota')
    }
    const persist = { getItem: refuse, setItem: refuse, removeItem: refuse }
    const server = createMockAuthServer({ persist })
    const ada = openBrowser(overWire(server))
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
])('rejects the option persist: %j', (persist, received) => {
  expect(() => Reflect.apply(createMockAuthServer, undefined, [{ persist }])).toThrow(
    `Option persist: expected an object with getItem, setItem and removeItem, such as sessionStorage; received ${received}`
  )
})

it('keeps an everbearer client signed in over reloads without violations', async () => {
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
