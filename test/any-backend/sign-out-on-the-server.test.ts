// Sign-out on the server: carries the access token, and counts only if the server confirms it.
import { describe, expect, it } from 'vitest'
import {
  type Arrived,
  credentials,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'

/** A server with a session cookie, and a logout that checks the access token first. */
function setUpGuardedLogout() {
  let hasSession = false
  let access = 0
  let lockedWith: number | undefined
  const issue = () => {
    hasSession = true
    access += 1
    return json(200, { access_token: `access-${access}`, expires_in: 300 })
  }
  const setup = setUpServer(
    routes({
      'POST /login': issue,
      'POST /refresh': () => (hasSession ? issue() : json(401, { error: 'no session' })),
      'POST /logout': ({ token }) => {
        if (lockedWith !== undefined) return json(lockedWith, { error: 'forbidden' })
        if (token !== `access-${access}`) return json(401, { error: 'unauthorized' })
        hasSession = false
        return json(200, {})
      },
      'GET /me': ({ token }) => json(token === `access-${access}` ? 200 : 401, {})
    })
  )
  return {
    ...setup,
    hasSession: () => hasSession,
    /** Refuses the tokens that were issued so far. */
    revoke() {
      access += 1
    },
    /** Refuses every sign-out with this status. */
    lock(status: number) {
      lockedWith = status
    }
  }
}

describe('a logout behind the access token', () => {
  it('gets the token, ends the session, and a reload stays signed out', async () => {
    const { auth, hasSession, reload, settle } = setUpGuardedLogout()
    await auth.login(credentials)
    expect(await auth.logout()).toEqual({ confirmed: true })
    expect(hasSession()).toBe(false)
    auth.dispose()
    const later = reload({ restore: 'always' })
    await later.ready()
    await settle()
    expect(later.getState().status).toBe('unauthenticated')
  })

  it('gets a refreshed token if the held one was refused', async () => {
    const { auth, hasSession, revoke, sentTo, events } = setUpGuardedLogout()
    await auth.login(credentials)
    revoke()
    expect(await auth.logout()).toEqual({ confirmed: true })
    expect(hasSession()).toBe(false)
    expect(sentTo('/logout')).toHaveLength(2)
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
    expect(events.map(({ name }) => name)).not.toContain('refreshed')
  })

  it.each([401, 403])(
    'is not confirmed by a %d, and a reload does not sign the user in again',
    async (status) => {
      const { auth, hasSession, lock, reload, settle } = setUpGuardedLogout()
      await auth.login(credentials)
      lock(status)
      expect(await auth.logout()).toEqual({ confirmed: false })
      expect(hasSession()).toBe(true)
      auth.dispose()
      const later = reload({ restore: 'always' })
      await later.ready()
      await settle()
      expect(later.getState().status).toBe('unauthenticated')
    }
  )

  it('ends the session from the next page load once the server answers again', async () => {
    let isDown = true
    let hasSession = true
    const { auth, reload, settle } = setUpServer(
      routes({
        'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
        'POST /refresh': () => (hasSession ? json(200, { access_token: 'def' }) : json(401, {})),
        'POST /logout'({ token }) {
          if (isDown) return json(503, {})
          if (token === undefined) return json(401, {})
          hasSession = false
          return json(200, {})
        }
      })
    )
    await auth.login(credentials)
    expect(await auth.logout()).toEqual({ confirmed: false })
    auth.dispose()
    isDown = false
    const later = reload({ restore: 'always' })
    await settle()
    expect(hasSession).toBe(false)
    expect(later.getState().status).toBe('unauthenticated')
  })
})

it('repeats a GraphQL sign-out that is answered 200 with an expired token', async () => {
  let live = ''
  let issued = 0
  const issue = () => {
    issued += 1
    live = `access-${issued}`
    return json(200, { access_token: live, expires_in: 300 })
  }
  const { auth, sentTo } = setUpServer(
    routes({
      'POST /login': issue,
      'POST /refresh': issue,
      'POST /graphql': ({ token }) => {
        if (token !== live) return json(200, { errors: [{ code: 'TOKEN_EXPIRED' }] })
        live = ''
        return json(200, { data: { signOut: true } })
      }
    }),
    {
      contract: {
        logout: { path: '/graphql', fields: { query: 'mutation { signOut }' } },
        refusals: {
          accessToken: [401, { status: 200, body: { 'errors.0.code': 'TOKEN_EXPIRED' } }]
        }
      }
    }
  )
  await auth.login(credentials)
  live = 'expired'
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect([live, sentTo('/graphql').length]).toEqual(['', 2])
})

it('signs out by DELETE after a sign-in that returned its token in a header', async () => {
  let live = ''
  const { auth, sentTo } = setUpServer(
    routes({
      'POST /users/sign_in': () => {
        live = 'from-a-header'
        return json(201, { id: 1 }, { Authorization: 'Bearer from-a-header' })
      },
      'GET /me': ({ token }) => json(token === live ? 200 : 401, {}),
      'DELETE /users/sign_out': ({ token }) => {
        if (token !== live) return json(401, {})
        live = ''
        return text(204, '')
      }
    }),
    {
      contract: {
        login: { path: '/users/sign_in', tokens: { accessToken: { header: 'Authorization' } } },
        refresh: false,
        logout: { method: 'DELETE', path: '/users/sign_out' }
      }
    }
  )
  await auth.login(credentials)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect([live, sentTo('/users/sign_out').length]).toEqual(['', 1])
})

/** Signs out, and loads the page three more times. Returns all requests. */
async function signOutAndReload(
  logout: false | { readonly method: 'GET'; readonly path: string },
  handler: (request: Arrived) => Response
) {
  const { auth, reload, settle, requests } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'abc', refresh_token: 'def' }),
      'GET /sign-out': handler
    }),
    { contract: { refresh: { credential: 'refresh-token' }, logout } }
  )
  await auth.login(credentials)
  const result = await auth.logout()
  auth.dispose()
  for (let load = 0; load < 3; load += 1) {
    const later = reload()
    await settle()
    expect(later.getState().status).toBe('unauthenticated')
    later.dispose()
  }
  return { result, requests }
}

it('signs out by GET once, and later page loads do not repeat it', async () => {
  const { result, requests } = await signOutAndReload({ method: 'GET', path: '/sign-out' }, () =>
    json(200, {})
  )
  expect(result).toEqual({ confirmed: true })
  expect(requests.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['POST', '/login', JSON.stringify(credentials)],
    ['GET', '/sign-out', '']
  ])
})

it('signs out without a request if the backend has no logout', async () => {
  const { result, requests } = await signOutAndReload(false, () => json(200, {}))
  expect(result).toEqual({ confirmed: true })
  expect(requests.map(({ path }) => path)).toEqual(['/login'])
})

// The user signs in by redirect, which only restore() can notice.
it.each([404, 405])(
  'does not block or end the next session after a sign-out that is always answered %d',
  async (status) => {
    let hasSession = true
    const { auth, reload, sentTo, settle } = setUpServer(
      routes({
        'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
        'POST /refresh': () => (hasSession ? json(200, { access_token: 'def' }) : json(401, {})),
        'POST /logout'() {
          hasSession = false
          return json(status, {})
        }
      })
    )
    await auth.login(credentials)
    expect(await auth.logout()).toEqual({ confirmed: false })
    auth.dispose()
    const sentBefore = sentTo('/logout').length
    hasSession = true
    const returned = reload()
    expect(await returned.restore()).toMatchObject({ status: 'authenticated' })
    await settle()
    returned.dispose()
    expect(await reload({ restore: 'always' }).ready()).toMatchObject({ status: 'authenticated' })
    expect(sentTo('/logout')).toHaveLength(sentBefore)
  }
)
