// Full keepalive quota: a tracker may hold the 64 KiB of a page; auth requests get through anyway.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'

/** A page in which another script holds the quota, so that keepalive requests fail at once. */
function setUpFullQuota(options: AuthClientOptions = {}) {
  let isFull = true
  let nth = 0
  const issue = () => {
    nth += 1
    return json(200, {
      access_token: `access-${nth}`,
      refresh_token: `refresh-${nth}`.padEnd(isFull ? 0 : 65_000, '.'),
      expires_in: 60
    })
  }
  const server = routes({
    'POST /login': issue,
    'POST /refresh': issue,
    'POST /logout': () => json(200, {}),
    'GET /me': ({ token }) => json(token === `access-${nth}` ? 200 : 401, {})
  })
  const setup = setUpServer((request) => {
    if (request.keepalive && isFull) throw new TypeError('Failed to fetch')
    return server(request)
  }, options)
  return {
    ...setup,
    keepalives: (path: string) => setup.sentTo(path).map(({ keepalive }) => keepalive),
    empty() {
      isFull = false
    }
  }
}

it('signs in with credentials of 70 KB', async () => {
  const { auth, sentTo } = setUpFullQuota()
  await auth.login({ ...credentials, attestation: 'a'.repeat(70_000) })
  expect(auth.getState().status).toBe('authenticated')
  expect(sentTo('/login')).toHaveLength(1)
})

it('repeats a refresh without keepalive, and the user stays signed in', async () => {
  const { auth, pass, keepalives } = setUpFullQuota()
  await auth.login(credentials)
  await pass(60_000, 1_000)
  expect(keepalives('/refresh').slice(0, 2)).toEqual([true, false])
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('restores the session on page load without keepalive', async () => {
  const { auth, pass } = setUpFullQuota({ restore: 'always' })
  await pass(5_000, 500)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

it('repeats a sign-out at once without keepalive', async () => {
  const { auth, keepalives } = setUpFullQuota()
  await auth.login(credentials)
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(keepalives('/logout')).toEqual([true, false])
})

it('sends a refresh token that exceeds the quota without keepalive from the start', async () => {
  const { auth, empty, keepalives } = setUpFullQuota({
    contract: { refresh: { credential: 'refresh-token' } }
  })
  empty()
  await auth.login(credentials)
  await auth.refresh()
  await auth.logout()
  expect([keepalives('/refresh'), keepalives('/logout')]).toEqual([[false], [false]])
})
