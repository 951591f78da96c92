// Client rules by credential: the rules for clients that refresh with a token and not with a
// cookie.
import type { AuthClientOptions } from 'everbearer'
import type { MockRule } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { contractFor } from '../../support/setups/contracts.ts'
import { base, createServerWithClock, json } from '../../support/setups/one-cookie-browser.ts'
import {
  type ClientSetup,
  ada as credentials,
  setUpClient
} from '../../support/setups/test-client.ts'

const ways = ['cookie', 'access-token', 'refresh-token'] as const
type Way = (typeof ways)[number]

const load = ({ auth }: ClientSetup) => auth.axios.get('/me')
const settle = (promise: Promise<unknown>) => promise.catch(() => undefined)

/** Situations in which this package's client must not break a rule. */
const lives: Readonly<Record<string, (setup: ClientSetup, credential: Way) => Promise<unknown>>> = {
  async 'refreshes shortly before each token expires'(setup) {
    for (let round = 0; round < 5; round += 1) {
      setup.clock.tick(290_000)
      await setup.idle()
      await Promise.all(Array.from({ length: 20 }, () => load(setup)))
    }
    expect(setup.callsTo('refresh')).toHaveLength(5)
  },
  async 'a key rotation with re-issued tokens'(setup) {
    setup.server.rotateKey()
    await Promise.all(Array.from({ length: 20 }, () => load(setup)))
    setup.clock.tick(60_000)
    await load(setup)
    setup.server.retireKey()
    await load(setup)
    await setup.auth.refresh()
    await load(setup)
    expect(setup.eventNames()).toContain('reissued')
  },
  async 'a re-issue while a refresh is in flight'(setup) {
    const gate = setup.server.hold('refresh', { after: 'commit' })
    const refreshing = setup.auth.refresh()
    await gate.arrived()
    setup.server.rotateKey()
    await load(setup)
    gate.release()
    await refreshing
    setup.clock.tick(60_000)
    await load(setup)
  },
  async 'revoked access tokens'(setup, credential) {
    setup.server.revokeAccessTokens()
    await settle(Promise.all(Array.from({ length: 20 }, () => load(setup))))
    expect(setup.auth.getState().status).toBe(
      credential === 'access-token' ? 'unauthenticated' : 'authenticated'
    )
  },
  async 'a server outage'(setup) {
    const recover = setup.server.failNext('refresh', 503, { times: Infinity })
    await settle(setup.auth.refresh())
    for (let step = 0; step < 12; step += 1) {
      setup.clock.tick(10_000)
      await setup.idle()
    }
    recover()
    setup.clock.tick(60_000)
    await setup.idle()
    await setup.auth.refresh()
    await load(setup)
  },
  async 'a response that is lost after the rotation'(setup) {
    setup.server.failNext('refresh', 'network', { after: 'commit' })
    await settle(setup.auth.refresh())
    setup.clock.tick(5_000)
    await setup.idle()
    await setup.auth.refresh()
    await load(setup)
  },
  async 'a session that the server ends'(setup) {
    setup.server.endSessions()
    await settle(load(setup))
    await settle(load(setup))
    await settle(setup.auth.refresh())
    expect(setup.auth.getState().status).toBe('unauthenticated')
  },
  async 'an emergency rotation and a new login'(setup) {
    setup.server.emergencyRotate()
    await settle(load(setup))
    await setup.auth.login(credentials)
    await load(setup)
  },
  async 'a logout and a new login'(setup) {
    await setup.auth.logout()
    await settle(setup.auth.refresh())
    setup.clock.tick(60_000)
    await setup.auth.login(credentials)
    await load(setup)
    expect(setup.auth.getState().status).toBe('authenticated')
  },
  async 'a logout while a refresh is in flight'(setup) {
    const gate = setup.server.hold('refresh')
    const refreshing = settle(setup.auth.refresh())
    await gate.arrived()
    const leaving = setup.auth.logout()
    gate.release()
    await Promise.all([refreshing, leaving])
  },
  async 'page loads one after the other'(setup) {
    for (let visit = 0; visit < 8; visit += 1) {
      const auth = setup.reload({ restore: 'always' })
      await settle(auth.ready())
      await settle(auth.axios.get('/me'))
      auth.dispose()
    }
  }
}

describe.each(ways)('everbearer refreshing with %s', (credential) => {
  it.each(Object.entries(lives))('breaks no rule during %s', async (_name, live) => {
    const { refresh } = contractFor[credential]
    const options: AuthClientOptions = {
      contract: { refresh: { ...refresh, idempotencyKey: 'always' } }
    }
    const setup = setUpClient(options, { contract: contractFor[credential] })
    await setup.auth.login(credentials)
    await load(setup)
    await live(setup, credential)
    await setup.idle()
    expect(setup.server.violations).toEqual([])
  })
})

/** A scripted client, which can break rules. */
async function setUp(credential: Exclude<Way, 'cookie'>) {
  const { server, clock } = createServerWithClock({ contract: contractFor[credential] })
  const bearer = (token: unknown): [string, string] => ['Authorization', `Bearer ${token}`]
  const form: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded']
  const post = async (path: string, headers: [string, string][], body: string, more = {}) => {
    const request = { method: 'POST', url: base + path, headers, body, ...more }
    const answer = await server.handle(request)
    return answer.status === 200 ? JSON.parse(answer.body) : {}
  }
  const isByToken = credential === 'access-token'
  const first = await post('/login', [json], JSON.stringify(credentials))
  return {
    server,
    first,
    pass: clock.advanceSeconds,
    me: (token: string) =>
      server.handle({ method: 'GET', url: `${base}/me`, headers: [bearer(token)] }),
    refresh: ({ access_token, refresh_token } = first) =>
      isByToken
        ? post('/refresh', [json, bearer(access_token)], '{}')
        : post('/refresh', [form], `grant_type=refresh_token&refresh_token=${refresh_token}`),
    /** A refresh of a page that has just been loaded and holds no credential. */
    refreshWithNothing: (more = {}) =>
      isByToken
        ? post('/refresh', [json], '{}', more)
        : post('/refresh', [form], 'grant_type=refresh_token', more),
    leave: () =>
      isByToken
        ? post('/logout', [json, bearer(first.access_token)], '{}')
        : post('/logout', [json], JSON.stringify({ refresh_token: first.refresh_token }))
  }
}
type Scene = Awaited<ReturnType<typeof setUp>>
type Story = readonly [rules: MockRule[], name: string, act: (scene: Scene) => Promise<unknown>]

const stories: readonly Story[] = [
  [
    ['parallel-refresh'],
    'two refreshes at once',
    ({ refresh }) => Promise.all([refresh(), refresh()])
  ],
  [
    ['stale-access-token'],
    'the old token more than five seconds after a refresh',
    async ({ refresh, first, pass, me }) => {
      await refresh()
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    ['ignored-reissue'],
    'the old token more than five seconds after a re-issue',
    async ({ server, first, pass, me }) => {
      server.rotateKey()
      await me(first.access_token)
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    ['retry-storm'],
    'six refreshes of an ended session',
    async ({ server, refresh }) => {
      server.endSessions()
      for (let time = 0; time < 6; time += 1) await refresh()
    }
  ],
  [
    ['retry-storm'],
    'four refreshes in a row although the API refuses every token',
    async ({ server, refresh, first, me }) => {
      server.failNext('me', 401, { times: Infinity, after: 'commit' })
      let held = first
      for (let time = 0; time < 4; time += 1) {
        held = await refresh(held)
        await me(held.access_token)
      }
    }
  ],
  [
    ['use-after-logout'],
    'a refresh after the logout',
    async ({ refresh, leave }) => {
      await leave()
      await refresh()
    }
  ],
  [
    ['use-after-logout'],
    'an access token more than five seconds after the logout',
    async ({ leave, first, pass, me }) => {
      await leave()
      pass(6)
      await me(first.access_token)
    }
  ],
  [
    [],
    'refreshes one after the other',
    async ({ refresh, pass, me }) => {
      const second = await refresh()
      pass(200)
      await me((await refresh(second)).access_token)
    }
  ],
  [
    [],
    'page loads without a credential',
    async ({ refreshWithNothing }) => {
      for (let time = 0; time < 8; time += 1) await refreshWithNothing()
    }
  ],
  [
    [],
    'a refresh with the credentials mode omit, since no cookie is needed',
    ({ refreshWithNothing }) => refreshWithNothing({ credentials: 'omit' })
  ]
]

describe.each(['access-token', 'refresh-token'] as const)('a client with %s', (credential) => {
  it.each(stories)('reports %j for %s', async (rules, _name, act) => {
    const scene = await setUp(credential)
    await act(scene)
    expect(scene.server.violations.map(({ rule }) => rule)).toEqual(rules)
  })
})

it.each([
  [
    'refresh-token',
    'sends a spent refresh token',
    'spent-refresh-token',
    async ({ refresh, pass }: Scene) => {
      await refresh()
      pass(20)
      await refresh()
    }
  ],
  [
    'access-token',
    'refreshes with a token that was replaced 20 seconds ago',
    'stale-access-token',
    async ({ refresh, pass }: Scene) => {
      await refresh()
      pass(20)
      await refresh()
    }
  ]
] as const)('a client with %s that %s breaks %s', async (credential, _name, rule, act) => {
  const scene = await setUp(credential)
  await act(scene)
  expect(scene.server.violations.map((violation) => violation.rule)).toEqual([rule])
})
