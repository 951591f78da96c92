// I15: a sign-out behind the access token never ends the session of a later sign-in.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'
import {
  credentials,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'
import { jwt } from '../support/tokens.ts'

/** A server with a cookie per browser, and a logout that needs a token that was not revoked. */
function setUp() {
  const live = new Set<number>()
  const sessions = new Map<string, number>()
  let cookie = 0
  let signIns = 0
  let tokens = 0
  let releaseLogout: (() => void) | undefined
  let isHeld = false

  function issue(): Response {
    tokens += 1
    const token = jwt({ sub: `user-${cookie}`, iat: 1_700_000_000 + tokens })
    sessions.set(token, cookie)
    return json(200, { access_token: token, expires_in: 300 })
  }

  function signIn(): void {
    signIns += 1
    cookie = signIns
    live.add(cookie)
  }

  const setup = setUpServer(
    routes({
      'POST /login'() {
        signIn()
        return issue()
      },
      'POST /refresh': () => (live.has(cookie) ? issue() : json(401, {})),
      async 'POST /logout'({ token = '' }) {
        if (isHeld) {
          isHeld = false
          await new Promise<void>((resolve) => {
            releaseLogout = resolve
          })
          return json(401, {})
        }
        const session = sessions.get(token)
        if (session === undefined) return json(401, {})
        live.delete(session)
        return text(204, '')
      }
    })
  )
  return {
    ...setup,
    live,
    signIn,
    revokeTokens: () => sessions.clear(),
    /** The next logout waits for `release`, and is then refused. */
    holdLogout() {
      isHeld = true
      return { release: () => releaseLogout?.() }
    }
  }
}

it('does not refresh for a sign-out if the user has signed in again since', async () => {
  const { auth, live, holdLogout, settle, pass, sentTo } = setUp()
  await auth.login(credentials)
  const logout = holdLogout()
  const leaving = auth.logout()
  await settle()
  const entering = auth.login(credentials)
  await pass(6_000, 500)
  await entering
  logout.release()
  expect(await leaving).toEqual({ confirmed: false })
  await pass(1_000)
  expect(live.has(2)).toBe(true)
  expect(sentTo('/logout')).toHaveLength(1)
  expect(sentTo('/refresh')).toEqual([])
  expect(auth.getState().status).toBe('authenticated')
})

it('does not refresh for a sign-out if the user has signed in in another tab without locks', async () => {
  const { auth, live, holdLogout, settle, sentTo, platform } = setUp()
  const other = createAuthClient({ baseURL: apiOrigin, restore: 'never', platform })
  onTestFinished(other.dispose)
  await auth.login(credentials)
  const logout = holdLogout()
  const leaving = auth.logout()
  await settle()
  await other.login(credentials)
  logout.release()
  expect(await leaving).toEqual({ confirmed: false })
  expect(live.has(2)).toBe(true)
  expect(sentTo('/logout')).toHaveLength(1)
  expect(other.getState().status).toBe('authenticated')
})

it('gives up a sign-out if its refresh finds the session of another user', async () => {
  const { auth, live, signIn, revokeTokens, settle, sentTo, reload } = setUp()
  await auth.login(credentials)
  revokeTokens()
  signIn()
  expect(await auth.logout()).toEqual({ confirmed: false })
  expect(live.has(2)).toBe(true)
  expect(sentTo('/logout')).toHaveLength(1)
  auth.dispose()
  const next = reload({ restore: 'always' })
  await settle()
  expect(next.getState()).toMatchObject({ status: 'authenticated', user: { sub: 'user-2' } })
  expect(sentTo('/logout')).toHaveLength(1)
})

it('refreshes and repeats a sign-out of the same user', async () => {
  const { auth, live, revokeTokens, sentTo } = setUp()
  await auth.login(credentials)
  revokeTokens()
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(sentTo('/logout')).toHaveLength(2)
  expect(live.size).toBe(0)
})
