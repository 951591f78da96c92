// The linter where a session is renewed in other ways than by the cookie: it knows what a client of that way can have.
import type { AuthClientOptions } from 'everbearer'
import type { MockRule } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { base, createClockedServer, json } from '../../support/worlds/one-cookie-browser.ts'
import {
  createTestBed,
  ada as credentials,
  type TestBed
} from '../../support/worlds/test-client.ts'

const ways = ['cookie', 'access-token', 'refresh-token'] as const
type Way = (typeof ways)[number]

const load = ({ auth }: TestBed) => auth.axios.get('/me')
const settle = (promise: Promise<unknown>) => promise.catch(() => undefined)

/** What happens to a good client. */
const lives: Readonly<Record<string, (bed: TestBed, credential: Way) => Promise<unknown>>> = {
  async 'renewals before the end of each token'(bed) {
    for (let round = 0; round < 5; round += 1) {
      bed.clock.tick(290_000)
      await bed.idle()
      await Promise.all(Array.from({ length: 20 }, () => load(bed)))
    }
    expect(bed.callsTo('refresh')).toHaveLength(5)
  },
  async 'a rotation of keys, with tokens re-issued'(bed) {
    bed.server.rotateKey()
    await Promise.all(Array.from({ length: 20 }, () => load(bed)))
    bed.clock.tick(60_000)
    await load(bed)
    bed.server.retireKey()
    await load(bed)
    await bed.auth.refresh()
    await load(bed)
    expect(bed.eventNames()).toContain('reissued')
  },
  async 'a re-issue while a refresh is under way'(bed) {
    const gate = bed.server.hold('refresh', { after: 'commit' })
    const refreshing = bed.auth.refresh()
    await gate.arrived()
    bed.server.rotateKey()
    await load(bed)
    gate.release()
    await refreshing
    bed.clock.tick(60_000)
    await load(bed)
  },
  async 'access tokens that are revoked'(bed, credential) {
    bed.server.revokeAccessTokens()
    await settle(Promise.all(Array.from({ length: 20 }, () => load(bed))))
    expect(bed.auth.getState().status).toBe(
      credential === 'access-token' ? 'unauthenticated' : 'authenticated'
    )
  },
  async 'a server that is down, and back'(bed) {
    const recover = bed.server.failNext('refresh', 503, { times: Infinity })
    await settle(bed.auth.refresh())
    for (let step = 0; step < 12; step += 1) {
      bed.clock.tick(10_000)
      await bed.idle()
    }
    recover()
    bed.clock.tick(60_000)
    await bed.idle()
    await bed.auth.refresh()
    await load(bed)
  },
  async 'an answer that is lost after the rotation'(bed) {
    bed.server.failNext('refresh', 'network', { after: 'commit' })
    await settle(bed.auth.refresh())
    bed.clock.tick(5_000)
    await bed.idle()
    await bed.auth.refresh()
    await load(bed)
  },
  async 'a session that ends'(bed) {
    bed.server.endSessions()
    await settle(load(bed))
    await settle(load(bed))
    await settle(bed.auth.refresh())
    expect(bed.auth.getState().status).toBe('unauthenticated')
  },
  async 'an emergency, and a new sign-in'(bed) {
    bed.server.emergencyRotate()
    await settle(load(bed))
    await bed.auth.login(credentials)
    await load(bed)
  },
  async 'sign-out, and a new sign-in'(bed) {
    await bed.auth.logout()
    await settle(bed.auth.refresh())
    bed.clock.tick(60_000)
    await bed.auth.login(credentials)
    await load(bed)
    expect(bed.auth.getState().status).toBe('authenticated')
  },
  async 'a sign-out while a refresh is under way'(bed) {
    const gate = bed.server.hold('refresh')
    const refreshing = settle(bed.auth.refresh())
    await gate.arrived()
    const leaving = bed.auth.logout()
    gate.release()
    await Promise.all([refreshing, leaving])
  },
  async 'page loads, one after the other'(bed) {
    for (let visit = 0; visit < 8; visit += 1) {
      const auth = bed.reload({ restore: 'always' })
      await settle(auth.ready())
      await settle(auth.axios.get('/me'))
      auth.dispose()
    }
  }
}

describe.each(ways)('the client of this package, by %s', (credential) => {
  it.each(Object.entries(lives))('breaks no rule through %s', async (_name, live) => {
    const options: AuthClientOptions = { refreshWith: credential, sendIdempotencyKey: 'always' }
    const bed = createTestBed(options, { refreshWith: credential })
    await bed.auth.login(credentials)
    await load(bed)
    await live(bed, credential)
    await bed.idle()
    expect(bed.server.violations).toEqual([])
  })
})

/** A client made by hand, which does as it is told. */
async function arrange(refreshWith: Exclude<Way, 'cookie'>) {
  const { server, clock } = createClockedServer({ refreshWith })
  const bearer = (token: unknown): [string, string] => ['Authorization', `Bearer ${token}`]
  const form: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded']
  const post = async (path: string, headers: [string, string][], body: string, more = {}) => {
    const request = { method: 'POST', url: base + path, headers, body, ...more }
    const answer = await server.handle(request)
    return answer.status === 200 ? JSON.parse(answer.body) : {}
  }
  const isByToken = refreshWith === 'access-token'
  const first = await post('/login', [json], JSON.stringify(credentials))
  return {
    server,
    first,
    pass: clock.advanceSeconds,
    me: (token: string) =>
      server.handle({ method: 'GET', url: `${base}/me`, headers: [bearer(token)] }),
    renew: ({ access_token, refresh_token } = first) =>
      isByToken
        ? post('/refresh', [json, bearer(access_token)], '{}')
        : post('/refresh', [form], `grant_type=refresh_token&refresh_token=${refresh_token}`),
    /** As a page that has just been loaded, with nothing in its memory. */
    renewWithNothing: (more = {}) =>
      isByToken
        ? post('/refresh', [json], '{}', more)
        : post('/refresh', [form], 'grant_type=refresh_token', more),
    leave: () =>
      isByToken
        ? post('/logout', [json, bearer(first.access_token)], '{}')
        : post('/logout', [json], JSON.stringify({ refresh_token: first.refresh_token }))
  }
}
type Scene = Awaited<ReturnType<typeof arrange>>
type Story = readonly [rules: MockRule[], name: string, act: (scene: Scene) => Promise<unknown>]

const stories: readonly Story[] = [
  [['parallel-refresh'], 'two refreshes at once', ({ renew }) => Promise.all([renew(), renew()])],
  [
    ['stale-access-token'],
    'the old token, long after a renewal',
    async ({ renew, first, pass, me }) => {
      await renew()
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    ['ignored-reissue'],
    'the old token, long after a re-issue',
    async ({ server, first, pass, me }) => {
      server.rotateKey()
      await me(first.access_token)
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    ['retry-storm'],
    'refreshes of a session that ended, again and again',
    async ({ server, renew }) => {
      server.endSessions()
      for (let time = 0; time < 6; time += 1) await renew()
    }
  ],
  [
    ['retry-storm'],
    'renewals for the sake of an API that refuses everybody',
    async ({ server, renew, first, me }) => {
      server.failNext('me', 401, { times: Infinity, after: 'commit' })
      let held = first
      for (let time = 0; time < 4; time += 1) {
        held = await renew(held)
        await me(held.access_token)
      }
    }
  ],
  [
    ['use-after-logout'],
    'a refresh after the sign-out',
    async ({ renew, leave }) => {
      await leave()
      await renew()
    }
  ],
  [
    ['use-after-logout'],
    'an access token long after the sign-out',
    async ({ leave, first, pass, me }) => {
      await leave()
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    [],
    'renewals one after the other',
    async ({ renew, pass, me }) => {
      const second = await renew()
      pass(200)
      await me((await renew(second)).access_token)
    }
  ],
  [
    [],
    'page loads that have nothing to show',
    async ({ renewWithNothing }) => {
      for (let time = 0; time < 8; time += 1) await renewWithNothing()
    }
  ],
  [
    [],
    'a refresh without credentials, which nobody asks for',
    ({ renewWithNothing }) => renewWithNothing({ credentials: 'omit' })
  ]
]

describe.each(['access-token', 'refresh-token'] as const)('a client by %s', (credential) => {
  it.each(stories)('breaks %j by %s', async (rules, _name, act) => {
    const scene = await arrange(credential)
    await act(scene)
    expect(scene.server.violations.map(({ rule }) => rule)).toEqual(rules)
  })
})

it.each([
  [
    'refresh-token',
    'presents a spent refresh token',
    'spent-refresh-token',
    async ({ renew, pass }: Scene) => {
      await renew()
      pass(20)
      await renew()
    }
  ],
  [
    'access-token',
    'renews by a token that was replaced long ago',
    'stale-access-token',
    async ({ renew, pass }: Scene) => {
      await renew()
      pass(20)
      await renew()
    }
  ]
] as const)('a client by %s that %s breaks %s', async (credential, _name, rule, act) => {
  const scene = await arrange(credential)
  await act(scene)
  expect(scene.server.violations.map((violation) => violation.rule)).toEqual([rule])
})
