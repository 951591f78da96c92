// The user and the credential in all tabs: a tab that takes a token of another tab shows the same
// user, and needs no credential that outlives the page.
import type { AuthContract } from 'everbearer'
import { expect, it } from 'vitest'
import { defaultUserId } from '../../src/contract/default-contract.ts'
import { createReadUser } from '../../src/session/user.ts'
import { unpackToken } from '../../src/tabs/messages.ts'
import { byAccessToken } from '../support/setups/contracts.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions, type TabsSetup } from '../support/setups/virtual-tabs.ts'
import { jwt } from '../support/tokens.ts'

/** Opaque tokens: only the answer of login names the user. */
const byAnswer: AuthContract<unknown> = {
  user: { id: { answer: 'user.id' }, profile: 'user' }
}

function answerLogins({ browser }: TabsSetup, ...users: readonly object[]): void {
  for (const [index, user] of users.entries()) {
    const body = JSON.stringify({ access_token: `opaque-${index}`, expires_in: 300, user })
    const response = { status: 200, headers: [], setCookies: [], body }
    browser.intercept('/login', { kind: 'answer', response })
  }
}

async function openTwo(options: TabsOptions) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.pass(300)
  return { ...setup, first }
}

const readUser = createReadUser({ id: defaultUserId, profile: undefined })
const now = { wallMs: 1_000, monotonicMs: 1_000 }
const message = {
  reason: 'refreshed' as const,
  accessToken: 'opaque',
  refreshToken: undefined,
  lifetimeSeconds: 300,
  refreshTokenAgeMs: 0,
  ageMs: 0,
  sentAtMs: 1_000,
  refreshInMs: 0,
  userId: undefined,
  profile: undefined
}

const client = { contract: byAnswer as AuthContract }

it('shows in a new tab the user that only the answer of the login named', async () => {
  const setup = await openTwo({ client })
  answerLogins(setup, { id: 1, name: 'Ada' })
  await setup.first.auth.login(ada)
  await setup.pass(300)
  const second = setup.openTab()
  await setup.pass(300)
  expect(second.auth.getState()).toMatchObject({
    status: 'authenticated',
    user: { id: 1, name: 'Ada' }
  })
})

it('keeps the other tab signed in if the same user signs in again, by an ID of the answer', async () => {
  const setup = await openTwo({ client })
  answerLogins(setup, { id: 1, name: 'Ada' }, { id: 1, name: 'Ada L.' })
  await setup.first.auth.login(ada)
  await setup.pass(300)
  const second = setup.openTab()
  await setup.pass(300)
  await setup.first.auth.login(ada)
  await setup.pass(300)
  expect(second.auth.getState()).toMatchObject({
    status: 'authenticated',
    user: { name: 'Ada L.' }
  })
  expect(await second.auth.getAccessToken()).toBe('opaque-1')
})

it('signs the other tab out if another user signs in, by an ID of the answer', async () => {
  const setup = await openTwo({ client })
  answerLogins(setup, { id: 1 }, { id: 2 })
  await setup.first.auth.login(ada)
  await setup.pass(300)
  const second = setup.openTab()
  await setup.pass(300)
  await setup.first.auth.login(grace)
  await setup.pass(300)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
})

it('keeps the other tab signed in if another user signs in and the contract compares no users', async () => {
  const setup = await openTwo({ client: { contract: { user: { id: false } } } })
  const entering = setup.first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = setup.openTab()
  await setup.pass(300)
  await setup.first.auth.login(grace)
  await setup.pass(300)
  expect(second.auth.getState()).toMatchObject({ status: 'authenticated', user: { sub: 'user-2' } })
})

it.each([
  ['a malformed profile', { profile: '{"name":' }],
  ['no profile', { profile: undefined }]
])('describes the user by the claims if the message of another tab holds %s', (_, changed) => {
  const shared = { ...message, accessToken: jwt({ sub: 'u1', name: 'Ada', exp: 9 }), ...changed }
  expect(unpackToken(shared, now, readUser)).toMatchObject({
    userId: 'u1',
    profile: { sub: 'u1', name: 'Ada' }
  })
})

it('identifies the user by the claims although a message names another one', () => {
  const shared = { ...message, accessToken: jwt({ sub: 'u1' }), userId: 'u2' }
  expect(unpackToken(shared, now, readUser).userId).toBe('u1')
})

it('gives a second tab its token if the access token is the credential of the refresh', async () => {
  const setup = await openTwo({ client: { contract: byAccessToken } })
  const entering = setup.first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = setup.openTab()
  await setup.pass(300)
  expect(await second.auth.getAccessToken()).toBe(await setup.first.auth.getAccessToken())
  expect(setup.callsTo('refresh')).toEqual([])
})

it('starts signed out without a request if no other tab holds an access token to refresh', async () => {
  const setup = await openTwo({ client: { contract: byAccessToken } })
  expect(setup.first.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(setup.browser.requests).toEqual([])
})

it('refreshes in a hidden tab too if the access token is the credential, unless the app says otherwise', async () => {
  for (const [whileHidden, status] of [
    [undefined, 'authenticated'],
    ['pause', 'unauthenticated']
  ] as const) {
    const setup = await openTwo({
      server: { accessTokenSeconds: 60, contract: byAccessToken },
      client: { contract: byAccessToken, idlePolicy: { whileHidden } }
    })
    const { auth } = setup.first
    const entering = auth.login(ada)
    await setup.pass(300)
    await entering
    setup.browser.setVisible(false)
    await setup.pass(600_000, 1_000)
    setup.browser.setVisible(true)
    const request = auth.axios.get('/me').catch(() => {})
    await setup.pass(300)
    await request
    expect(auth.getState().status).toBe(status)
  }
})

it.each([
  ['the same user', ada, 'authenticated'],
  ['another user', grace, 'unauthenticated']
])('follows a sign-in as %s if the profile is too large for a message', async (_, next, status) => {
  const contract = { user: { profile: () => ({ picture: 'x'.repeat(70_000) }) } }
  const setup = await openTwo({
    client: { contract: contract as AuthContract<unknown> as AuthContract }
  })
  await setup.first.auth.login(ada)
  await setup.pass(300)
  const second = setup.openTab()
  await setup.pass(600)
  expect(second.auth.getState().status).toBe('authenticated')
  await setup.first.auth.login(next)
  await setup.pass(600)
  expect(second.auth.getState().status).toBe(status)
})

it('gives a new tab an opaque token without a lifetime', async () => {
  const login = async () => ({ access_token: '1|abc', refresh_token: 'r1' })
  const setup = await openTwo({
    client: { contract: { refresh: { credential: 'refresh-token' }, login } }
  })
  await setup.first.auth.login(ada)
  await setup.pass(300)
  const second = setup.openTab()
  await setup.pass(600)
  expect(await second.auth.getAccessToken()).toBe('1|abc')
})
