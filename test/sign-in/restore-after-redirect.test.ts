// I15: after a sign-in on another page, restore() asks the server who is signed in.
import type { AuthClientOptions } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { byAccessToken, byRefreshToken } from '../support/setups/contracts.ts'
import { ada, type ClientSetup, grace, setUpClient } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'
import { readClaims } from '../support/tokens.ts'

const subjectOf = async (auth: ClientSetup['auth']) => readClaims(await auth.getAccessToken()).sub

/** The identity provider signs the user in: only the cookie changes. */
function signInElsewhere(
  { browser }: Pick<ClientSetup, 'browser'>,
  user: object
): Promise<unknown> {
  return browser.post('/login', user)
}

it('signs in with the cookie of the redirect, by one refresh', async () => {
  const setup = setUpClient()
  await signInElsewhere(setup, ada)
  expect(await setup.auth.restore()).toMatchObject({
    status: 'authenticated',
    user: { sub: 'user-1', role: 'admin' }
  })
  expect(setup.callsTo('refresh')).toHaveLength(1)
  expect(setup.events).toMatchObject([{ name: 'signed-in', event: { via: 'restore' } }])
  expect((await setup.auth.axios.get('/me')).data).toMatchObject({ email: ada.email })
})

it('asks the server although another tab holds a token of the user before', async () => {
  const setup = setUpTabs()
  const first = setup.openTab()
  await setup.settle()
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  await signInElsewhere(setup, grace)
  const returned = setup.openTab({ restore: 'never' })
  const restoring = returned.auth.restore()
  await setup.pass(300)
  await restoring
  expect(await subjectOf(returned.auth)).toBe('user-2')
  expect(first.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  expect(setup.callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
})

it('gives the new token to the other tabs of the same user', async () => {
  const setup = setUpTabs()
  const first = setup.openTab()
  await setup.settle()
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  await signInElsewhere(setup, ada)
  const returned = setup.openTab({ restore: 'never' })
  const restoring = returned.auth.restore()
  await setup.pass(300)
  await restoring
  expect(await first.auth.getAccessToken()).toBe(await returned.auth.getAccessToken())
  expect(first.auth.getState().status).toBe('authenticated')
})

it('rejects requests of the former user that wait in the same page', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  await signInElsewhere(setup, grace)
  setup.server.revokeAccessTokens()
  const gate = setup.browser.hold('/notes')
  const request = setup.auth.axios.post('/notes', { of: 'ada' })
  await gate.arrived(1)
  await setup.auth.restore()
  gate.release()
  await expect(request).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(await subjectOf(setup.auth)).toBe('user-2')
})

it('overrules a sign-out that the server has not confirmed, and does not send it again', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  setup.browser.intercept('/logout', { kind: 'unreachable' }, 2)
  expect(await setup.auth.logout()).toEqual({ confirmed: false })
  setup.auth.dispose()
  await signInElsewhere(setup, grace)
  const returned = setup.reload()
  expect(await returned.restore()).toMatchObject({ status: 'authenticated' })
  await setup.idle()
  expect(setup.callsTo('logout')).toEqual([])
  expect(setup.browser.storedSession()).toBe('live')
  returned.dispose()
  expect(await setup.reload({ restore: 'always' }).ready()).toMatchObject({
    status: 'authenticated'
  })
})

it('delivers the earlier sign-out after a restore() that could not reach the server', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  setup.browser.intercept('/logout', { kind: 'unreachable' }, 2)
  await setup.auth.logout()
  setup.auth.dispose()
  setup.browser.intercept('/refresh', { kind: 'unreachable' })
  const returned = setup.reload()
  await expect(returned.restore()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  await setup.idle()
  expect(setup.callsTo('logout')).toHaveLength(1)
  expect(returned.getState().status).toBe('unauthenticated')
})

it('becomes unauthenticated, without an error, if the server knows no session', async () => {
  const setup = setUpClient()
  expect(await setup.auth.restore()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await setup.auth.login(ada)
  setup.server.endSessions()
  expect(await setup.auth.restore()).toEqual({
    status: 'unauthenticated',
    reason: 'session-expired'
  })
})

const unavailable: WireResponse = { status: 503, headers: [], setCookies: [], body: '' }

it.each([
  ['the network is down', { kind: 'unreachable' } as const, 'ERR_AUTH_NETWORK'],
  [
    'the server answers 503',
    { kind: 'answer', response: unavailable } as const,
    'ERR_AUTH_SERVER_ERROR'
  ]
])('rejects and keeps the state if %s', async (_, interception, code) => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const state = setup.auth.getState()
  const token = await setup.auth.getAccessToken()
  setup.browser.intercept('/refresh', interception)
  await expect(setup.auth.restore()).rejects.toMatchObject({ code })
  expect(setup.auth.getState()).toBe(state)
  expect(await setup.auth.getAccessToken()).toBe(token)
})

it('rejects after refreshTimeoutMs, and signs in if the answer still arrives', async () => {
  const setup = setUpClient()
  await signInElsewhere(setup, ada)
  const gate = setup.browser.hold('/refresh')
  const restoring = setup.auth.restore()
  await gate.arrived(1)
  setup.clock.tick(10_000)
  await expect(restoring).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  gate.release()
  await setup.idle()
  expect(setup.auth.getState().status).toBe('authenticated')
})

it('gives way to a logout() that is called later, and signs the restored session out', async () => {
  const setup = setUpClient()
  await signInElsewhere(setup, ada)
  const gate = setup.browser.hold('/refresh')
  const restoring = setup.auth.restore()
  await gate.arrived(1)
  const leaving = setup.auth.logout()
  gate.release()
  await expect(restoring).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await leaving
  await setup.idle()
  expect(setup.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  setup.auth.dispose()
  expect(await setup.reload({ restore: 'always' }).ready()).toMatchObject({
    status: 'unauthenticated'
  })
})

it('does not reuse the idempotency key of a refresh of the former user', async () => {
  const setup = setUpClient({ contract: { refresh: { idempotencyKey: 'always' } } })
  await setup.auth.login(ada)
  setup.browser.intercept('/refresh', { kind: 'unreachable' })
  await setup.auth.refresh().catch(() => {})
  await signInElsewhere(setup, grace)
  await setup.auth.restore()
  const keys = setup.browser.requests
    .filter(({ url }) => url.endsWith('/refresh'))
    .map(({ headers }) => headers['Idempotency-Key'])
  expect(new Set(keys).size).toBe(2)
  expect(await subjectOf(setup.auth)).toBe('user-2')
})

it.each([
  ['access token', byAccessToken],
  ['refresh token', byRefreshToken]
])('sends nothing if the contract needs an %s and the client holds none', async (_, contract) => {
  const options: AuthClientOptions = { contract }
  const { auth, browser } = setUpClient(options)
  expect(await auth.restore()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(browser.requests).toEqual([])
})

it('rejects and keeps a session that the client cannot ask the server about', async () => {
  const { auth, callsTo } = setUpClient({ contract: { refresh: false } })
  await auth.login(ada)
  await expect(auth.restore()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh')).toEqual([])
})

it('rejects after dispose()', async () => {
  const { auth } = setUpClient()
  auth.dispose()
  await expect(auth.restore()).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
})
