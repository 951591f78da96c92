// The signed-in user: `getState().user`, and the ID by which another user is recognised.
import type { AuthClientOptions, UserContract } from 'everbearer'
import { expect, it, vi } from 'vitest'
import { type Mint, setUpTokenServer } from '../support/setups/any-token-server.ts'
import { jwt } from '../support/tokens.ts'
import { uncaughtErrors } from '../support/uncaught-errors.ts'

const credentials = { email: 'ada' }

/** A server that issues JWTs with these claims in turn, and the last one again and again. */
function issuing(...claims: readonly Readonly<Record<string, unknown>>[]): Mint {
  return (nth, nowMs) => {
    const now = Math.floor(nowMs / 1000)
    const own = claims[Math.min(nth, claims.length) - 1]
    return {
      body: { access_token: jwt({ iat: now, exp: now + 300, jti: String(nth), ...own }) },
      acceptedSeconds: 300
    }
  }
}

/** A server that issues opaque tokens, with these bodies in turn. */
function answering(...bodies: readonly object[]): Mint {
  return (nth) => ({
    body: { access_token: `t${nth}`, expires_in: 300, ...bodies[Math.min(nth, bodies.length) - 1] },
    acceptedSeconds: 300
  })
}

function setUp(mint: Mint, user?: UserContract<unknown>) {
  const options: AuthClientOptions<unknown> = user === undefined ? {} : { contract: { user } }
  const setup = setUpTokenServer(mint, options as AuthClientOptions)
  let changes = 0
  setup.auth.subscribe(() => {
    changes += 1
  })
  return { ...setup, changes: () => changes, userOf: () => setup.auth.getState().user as unknown }
}

it('shows the claims of the token without those that change with each token', async () => {
  const ada = { sub: 'u1', name: 'Ada', roles: ['admin'] }
  const { auth, userOf, changes } = setUp(issuing({ ...ada, nbf: 1 }, ada))
  expect(userOf()).toBe(undefined)
  await auth.login(credentials)
  expect(userOf()).toEqual(ada)
  const state = auth.getState()
  await auth.refresh()
  expect(auth.getState()).toBe(state)
  expect(changes()).toBe(1)
  await auth.logout()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(userOf()).toBe(undefined)
})

it('changes the state once if a refreshed token describes the user in another way', async () => {
  const before = { sub: 'u1', roles: ['reader'] }
  const after = { sub: 'u1', roles: ['reader', 'admin'] }
  const { auth, userOf, changes, events } = setUp(issuing(before, after))
  await auth.login(credentials)
  await auth.refresh()
  expect(userOf()).toEqual(after)
  await auth.refresh()
  await auth.refresh()
  expect(changes()).toBe(2)
  expect(events.map(({ name }) => name)).not.toContain('signed-out')
})

it('shows no user for an opaque token', async () => {
  const { auth, userOf } = setUp(answering({}))
  await auth.login(credentials)
  expect(userOf()).toBe(undefined)
  expect(auth.getState().status).toBe('authenticated')
})

it('shows what a function of the contract makes of the claims', async () => {
  const { auth, userOf, changes } = setUp(issuing({ sub: 'u1', realm_access: { roles: ['a'] } }), {
    profile: ({ claims }) => ({ id: claims?.sub, roles: claims?.realm_access })
  })
  await auth.login(credentials)
  const user = userOf()
  expect(user).toEqual({ id: 'u1', roles: { roles: ['a'] } })
  await auth.refresh()
  expect(userOf()).toBe(user)
  expect(changes()).toBe(1)
})

it('shows the user of the answer, and keeps it if a later answer has none', async () => {
  const { auth, userOf, changes } = setUp(
    answering({ data: { user: { id: 7, name: 'Ada' } } }, {}, { data: { user: { id: 7 } } }),
    { profile: 'data.user', id: { answer: 'data.user.id' } }
  )
  await auth.login(credentials)
  const user = userOf()
  expect(user).toEqual({ id: 7, name: 'Ada' })
  await auth.refresh()
  expect(userOf()).toBe(user)
  await auth.refresh()
  expect(userOf()).toEqual({ id: 7 })
  expect(changes()).toBe(2)
})

it('gives the user of the next sign-in and nothing of the user before', async () => {
  const { auth, userOf } = setUp(answering({ user: { name: 'Ada' } }, {}), { profile: 'user' })
  await auth.login(credentials)
  await auth.login(credentials)
  expect(userOf()).toBe(undefined)
})

it('reports an error of the profile function as uncaught, and keeps the previous user', async () => {
  let calls = 0
  const { auth, userOf } = setUp(issuing({ sub: 'u1' }), {
    profile() {
      calls += 1
      if (calls > 1) throw new TypeError('no profile')
      return { name: 'Ada' }
    }
  })
  await auth.login(credentials)
  const uncaught = uncaughtErrors()
  await auth.refresh()
  await vi.waitFor(() => expect(uncaught).toMatchObject([{ message: 'no profile' }]))
  expect(userOf()).toEqual({ name: 'Ada' })
})

it('accepts a profile that is not JSON', async () => {
  const ring: { self?: unknown } = {}
  ring.self = ring
  const { auth, userOf, changes } = setUp(issuing({ sub: 'u1' }), { profile: () => ring })
  await auth.login(credentials)
  await auth.refresh()
  expect(userOf()).toBe(ring)
  expect(changes()).toBe(1)
})

const changes: readonly [string, Mint, UserContract['id']][] = [
  ['a sub that is a text', issuing({ sub: 'u1' }, { sub: 'u2' }), undefined],
  ['a sub that is a number', issuing({ sub: 1 }, { sub: 2 }), undefined],
  ['user_id', issuing({ user_id: 1 }, { user_id: 2 }), undefined],
  ['userId', issuing({ userId: '1' }, { userId: '2' }), undefined],
  ['a claim of the contract', issuing({ sub: 's', uid: 1 }, { sub: 's', uid: 2 }), 'uid'],
  ['the first present claim', issuing({ b: 1 }, { b: 2 }), ['a', 'b']],
  [
    'a claim with dots in its name',
    issuing({ 'https://a.example/id': 1 }, { 'https://a.example/id': 2 }),
    'https://a.example/id'
  ],
  [
    'a function of the contract',
    issuing({ user: { id: 1 } }, { user: { id: 2 } }),
    ({ claims }) => (claims?.user as { id: number } | undefined)?.id
  ],
  [
    'a path in the answer',
    answering({ user: { id: 1 } }, { user: { id: 2 } }),
    { answer: 'user.id' }
  ]
]

it.each(changes)(
  'ends the session and sends nothing as another user if a refresh shows one by %s',
  async (_, mint, id) => {
    const { auth, browser, clock } = setUp(mint, { id })
    await auth.login(credentials)
    clock.sleep(299_000)
    await expect(auth.axios.post('/form', { of: 'ada' })).rejects.toMatchObject({
      code: 'ERR_AUTH_SESSION_CHANGED'
    })
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
    expect(browser.requests.filter(({ url }) => url.endsWith('/form'))).toEqual([])
  }
)

const sameUsers: readonly [string, Mint, UserContract['id']][] = [
  ['a number becomes its text', issuing({ sub: 1 }, { sub: '1' }), undefined],
  [
    'sub is an e-mail address that changes, and the contract names another claim',
    issuing({ sub: 'ada@a.example', id: 1 }, { sub: 'ada@b.example', id: 1 }),
    'id'
  ],
  ['the contract compares no users', issuing({ sub: 'u1' }, { sub: 'u2' }), false],
  [
    'an answer does not repeat the user',
    answering({ user: { id: 1 } }, {}, { user: { id: 1 } }),
    { answer: 'user.id' }
  ],
  ['no claim names the user', issuing({ role: 'a' }, { role: 'b' }), undefined]
]

it.each(sameUsers)('keeps the session if %s', async (_, mint, id) => {
  const { auth } = setUp(mint, { id })
  await auth.login(credentials)
  await auth.refresh()
  await auth.refresh()
  expect(auth.getState().status).toBe('authenticated')
})

it('recognises another user although an answer in between did not name the user', async () => {
  const mint = answering({ user: { id: 1 } }, {}, { user: { id: 2 } })
  const { auth } = setUp(mint, { id: { answer: 'user.id' } })
  await auth.login(credentials)
  await auth.refresh()
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(auth.getState()).toMatchObject({ reason: 'user-changed' })
})
