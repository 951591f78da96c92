// Presets: a client and the mock with the same preset complete a whole session.
import { isAuthError } from 'everbearer'
import { expect, it } from 'vitest'
import { ada } from '../support/setups/test-client.ts'
import { credentialOf, onPageLoad, presetRows, setUpPreset, signIn, tokenSeconds } from './rows.ts'

const withRefresh = presetRows.filter((row) => credentialOf(row) !== undefined)
const withoutRefresh = presetRows.filter((row) => credentialOf(row) === undefined)
const withLogin = presetRows.filter(({ contract }) => contract.login !== false)
const withLogout = presetRows.filter(({ contract }) => contract.logout !== false)
/** A revoked access token cannot refresh itself. */
const withOwnCredential = withRefresh.filter((row) => credentialOf(row) !== 'access-token')

it.each(presetRows)('signs in with $name and sends the token with requests', async (row) => {
  const setup = setUpPreset(row)
  await signIn(row, setup)
  expect(setup.auth.getState()).toMatchObject({ status: 'authenticated', user: row.user })
  const { data } = await setup.auth.axios.get('/me')
  expect(data).toMatchObject({ email: ada.email })
})

it.each(withLogin)('rejects a wrong password with $name', async (row) => {
  const { auth } = setUpPreset(row)
  const rejection = auth.login(row.credentialsOf?.('wrong') ?? {})
  await expect(rejection).rejects.toSatisfy((error) =>
    isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED')
  )
  expect(auth.getState().status).toBe('unauthenticated')
})

it.each(withRefresh)('refreshes an expired token once with $name', async (row) => {
  const setup = setUpPreset(row)
  const { auth, clock, callsTo } = setup
  await signIn(row, setup)
  const first = await auth.getAccessToken()
  // An expired token cannot refresh itself, so this one is refreshed in time.
  clock.tick((tokenSeconds - 60) * 1000)
  await setup.idle()
  clock.tick(61_000)
  const second = await auth.getAccessToken()
  expect(second).not.toBe(first)
  expect(callsTo('refresh')).toHaveLength(1)
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it.each(withoutRefresh)('ends the session with its token with $name', async (row) => {
  const setup = setUpPreset(row)
  const { auth, clock, callsTo } = setup
  await signIn(row, setup)
  clock.sleep((tokenSeconds + 1) * 1000)
  await expect(auth.axios.get('/me')).rejects.toThrow()
  expect(auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'session-expired' })
  expect(callsTo('refresh')).toHaveLength(0)
})

it.each(withOwnCredential)(
  'replays 50 refused requests after one refresh with $name',
  async (row) => {
    const setup = setUpPreset(row)
    const { auth, server, callsTo } = setup
    await signIn(row, setup)
    server.revokeAccessTokens()
    const answers = await Promise.all(Array.from({ length: 50 }, () => auth.axios.get('/me')))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(callsTo('refresh')).toHaveLength(1)
  }
)

it.each(withRefresh)('ends the session with $name if the refresh is refused', async (row) => {
  const setup = setUpPreset(row)
  const { auth, server, callsTo } = setup
  await signIn(row, setup)
  server.endSessions()
  await expect(auth.axios.get('/me')).rejects.toThrow()
  expect(auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'session-expired' })
  expect(callsTo('refresh').length).toBeLessThanOrEqual(1)
})

it.each(withoutRefresh)('ends the session with $name if a token is refused', async (row) => {
  const setup = setUpPreset(row)
  const { auth, server } = setup
  await signIn(row, setup)
  server.revokeAccessTokens()
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'session-expired' })
})

it.each(presetRows)('finds out that a visitor is not signed in with $name', async (row) => {
  const { auth, callsTo } = setUpPreset(row, onPageLoad(row))
  expect(await auth.ready()).toMatchObject({ status: 'unauthenticated', reason: 'no-session' })
  const isByCookie = credentialOf(row) === 'cookie'
  expect(callsTo('refresh')).toHaveLength(isByCookie ? 1 : 0)
})

it.each(withRefresh)(
  'restores a session on page load with $name if a cookie holds it',
  async (row) => {
    const setup = setUpPreset(row)
    await signIn(row, setup)
    setup.auth.dispose()
    const next = setup.reload(onPageLoad(row))
    const isByCookie = credentialOf(row) === 'cookie'
    expect((await next.ready()).status).toBe(isByCookie ? 'authenticated' : 'unauthenticated')
  }
)

it.each(presetRows)('adopts a re-issued token with $name', async (row) => {
  const setup = setUpPreset(row)
  const { auth, server, callsTo, eventNames } = setup
  await signIn(row, setup)
  const { kid } = server.rotateKey()
  await auth.axios.get('/me')
  await auth.axios.get('/me')
  expect(eventNames()).toEqual(['signed-in', 'reissued'])
  expect(callsTo('me').at(-1)?.kid).toBe(kid)
})

it.each(withLogout)(
  'signs out on the server with $name, and no page load restores it',
  async (row) => {
    const setup = setUpPreset(row)
    const { auth, server, reload, idle } = setup
    await signIn(row, setup)
    expect(await auth.logout()).toEqual({ confirmed: true })
    expect(server.sessions).toEqual([])
    const next = reload(onPageLoad(row))
    expect((await next.ready()).status).toBe('unauthenticated')
    await idle()
    server.assertNoViolations()
  }
)

it.each(withLogout)(
  'repeats a sign-out on page load with $name if a cookie identifies it',
  async (row) => {
    const setup = setUpPreset(row)
    const { auth, browser, reload, idle, callsTo } = setup
    await signIn(row, setup)
    browser.setOnline(false)
    const { logout } = row.contract
    const path = (typeof logout === 'object' && logout.path) || ''
    browser.intercept(path, { kind: 'unreachable' }, 2)
    expect(await auth.logout()).toEqual({ confirmed: false })
    auth.dispose()
    for (let load = 0; load < 3; load += 1) {
      const next = reload(onPageLoad(row))
      expect((await next.ready()).status).toBe('unauthenticated')
      await idle()
      next.dispose()
    }
    expect(callsTo('logout')).toHaveLength(credentialOf(row) === 'cookie' ? 1 : 0)
  }
)

it.each(withLogout)('signs out with $name after the token has expired', async (row) => {
  const setup = setUpPreset(row)
  const { auth, clock } = setup
  await signIn(row, setup)
  clock.sleep((tokenSeconds + 1) * 1000)
  // Without a refresh, the server refuses the expired token and has nothing to confirm.
  const isConfirmed = credentialOf(row) !== undefined
  expect(await auth.logout()).toEqual({ confirmed: isConfirmed })
  expect(auth.getState().status).toBe('unauthenticated')
})
