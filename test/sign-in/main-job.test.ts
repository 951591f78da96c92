// The main job: sign in, stay signed in, sign out.
import axios from 'axios'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

it('signs in and calls the API with the access token', async () => {
  const { auth } = setUpClient()
  await auth.login(ada)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  const { data } = await auth.axios.get('/me')
  expect(data).toMatchObject({ email: ada.email })
})

it('replays a refused request once, with a refreshed token', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const { data } = await auth.axios.get('/me')
  expect(data).toMatchObject({ email: ada.email })
  expect(callsTo('refresh')).toHaveLength(1)
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 200])
})

it('sends one refresh for a thousand refused requests', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => auth.axios.get('/me')))
  expect(answers.map((answer) => answer.status)).toEqual(Array(1000).fill(200))
  expect(callsTo('refresh')).toHaveLength(1)
})

it('adopts a re-issued token and sends it with the next request', async () => {
  const { auth, server, callsTo, events } = setUpClient()
  await auth.login(ada)
  const { kid } = server.rotateKey()
  await auth.axios.get('/me')
  await auth.axios.get('/me')
  expect(callsTo('me').map((call) => call.kid)).toEqual([expect.not.stringMatching(kid), kid])
  expect(callsTo('refresh')).toHaveLength(0)
  expect(events.map(({ name }) => name)).toEqual(['signed-in', 'reissued'])
})

it('restores the session on page load with one silent refresh', async () => {
  const { auth, reload, callsTo } = setUpClient()
  await auth.login(ada)
  auth.dispose()
  const next = reload({ restore: 'always' })
  expect(next.getState().status).toBe('initializing')
  const [state, { data }] = await Promise.all([next.ready(), next.axios.get('/me')])
  expect(state.status).toBe('authenticated')
  expect(data).toMatchObject({ email: ada.email })
  expect(callsTo('refresh')).toHaveLength(1)
  expect(callsTo('me').map((call) => call.status)).toEqual([200])
})

it('finds out with one refresh that a visitor is not signed in', async () => {
  const { auth, callsTo } = setUpClient({ restore: 'always' })
  expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(callsTo('refresh')).toHaveLength(1)
})

it('sends requests without a token if the user is not signed in', async () => {
  const { auth, callsTo } = setUpClient({ restore: 'always' })
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(callsTo('me').map((call) => call.outcome)).toEqual(['missing_token'])
  expect(callsTo('refresh')).toHaveLength(1)
})

it('signs out here at once, then at the server', async () => {
  const { auth, callsTo } = setUpClient()
  await auth.login(ada)
  const signingOut = auth.logout()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(await signingOut).toEqual({ confirmed: true })
  expect(callsTo('logout').map((call) => call.status)).toEqual([204])
})

it('signs in with a token response that the app’s function returns, and resolves with the rest', async () => {
  const { auth, callsTo } = setUpClient()
  await expect(
    auth.login(async () => ({ accessToken: 'opaque.token', expiresIn: 300 }))
  ).resolves.toEqual({ expiresIn: 300 })
  expect(await auth.getAccessToken()).toBe('opaque.token')
  expect(callsTo('login')).toHaveLength(0)
})

it('returns the access token from getAccessToken(), refreshed first if it has expired', async () => {
  const { auth, callsTo, clock } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  const first = await auth.getAccessToken()
  clock.sleep(301_000)
  const second = await auth.getAccessToken()
  expect(second).not.toBe(first)
  expect(callsTo('refresh')).toHaveLength(1)
})

it('puts the token on the requests of an attached instance until it is detached', async () => {
  const { auth, browser, callsTo } = setUpClient()
  await auth.login(ada)
  const api = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
  const detach = auth.attach(api)
  const detachAgain = auth.attach(api)
  await api.get('/me')
  detach()
  detachAgain()
  await expect(api.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(callsTo('me').map((call) => call.outcome)).toEqual(['accepted', 'missing_token'])
})

it('works with destructured methods', async () => {
  const { auth } = setUpClient()
  const { login, getState, getAccessToken, logout, refresh, ready } = auth
  await login(ada)
  await refresh()
  expect(await ready()).toBe(getState())
  expect(await getAccessToken()).toEqual(expect.any(String))
  await logout()
  await expect(getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
  await expect(refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})
