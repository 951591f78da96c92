// Slow and repeated refreshes: a server may return the held token again, or take a minute to wake.
import { expect, it } from 'vitest'
import {
  type Arrived,
  credentials,
  json,
  routes,
  setUpServer
} from '../support/setups/hand-written-server.ts'
import { jwt } from '../support/tokens.ts'

/** A session endpoint that repeats its token until 30 s before its end. */
function setUpSessionEndpoint() {
  let token = ''
  let endsAt = 0
  let revoked = ''
  const session = ({ atSeconds }: Arrived) => {
    if (endsAt - atSeconds <= 30) {
      endsAt = atSeconds + 120
      token = jwt({ sub: '1', iat: atSeconds, exp: endsAt })
    }
    return json(200, { access_token: token, expires_in: endsAt - atSeconds })
  }
  const setup = setUpServer(
    routes({
      'POST /login': session,
      'POST /refresh': session,
      'GET /me': (request) =>
        json(request.token !== revoked && request.atSeconds < endsAt ? 200 : 401, {})
    }),
    { contract: { refresh: { idempotencyKey: 'never' } } }
  )
  return {
    ...setup,
    revoke() {
      revoked = token
    }
  }
}

it('accepts the held token again from a session endpoint that repeats it while it is valid', async () => {
  const { auth, pass, events, requests } = setUpSessionEndpoint()
  await auth.login(credentials)
  await pass(65_000)
  await auth.refresh()
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })

  for (let second = 65; second < 600; second += 5) {
    await pass(5_000)
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
  const failures = events.filter(
    ({ name, event }) =>
      name === 'refresh-settled' && Reflect.get(Object(event), 'kind') !== 'refreshed'
  )
  expect(failures).toEqual([])
  expect(requests.filter(({ path }) => path === '/refresh').length).toBeLessThan(30)
})

it('returns the 401 to the caller if the refresh only repeats the refused token', async () => {
  const { auth, revoke, sentTo } = setUpSessionEndpoint()
  await auth.login(credentials)
  revoke()
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(sentTo('/me')).toHaveLength(1)
  expect(sentTo('/refresh')).toHaveLength(1)
  expect(auth.getState().status).toBe('authenticated')
})

/** A server that is asleep: its first answer to a refresh takes 50 s. */
function setUpSleepingServer(options: { readonly refreshAbandonMs?: number }) {
  let isAwake = false
  const setup = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'first', expires_in: 60 }),
      'POST /refresh': async ({ signal }) => {
        if (!isAwake) {
          await new Promise((resolve) => setup.clock.platform.setTimer(() => resolve(0), 50_000))
          isAwake = true
        }
        if (signal?.aborted) throw new TypeError('aborted')
        return json(200, { access_token: 'second', expires_in: 60 })
      },
      'GET /me': ({ token }) => json(token === 'second' ? 200 : 401, {})
    }),
    { ...options, contract: { refresh: { idempotencyKey: 'always' } } }
  )
  return setup
}

it('refreshes once at a server that takes 50 s to wake, if `refreshAbandonMs` is longer', async () => {
  const { auth, pass, sentTo } = setUpSleepingServer({ refreshAbandonMs: 70_000 })
  await auth.login(credentials)
  await pass(58_000, 1_000)
  await pass(50_000, 1_000)
  expect(sentTo('/refresh')).toHaveLength(1)
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('repeats the idempotency key of a refresh that it abandons while the server wakes', async () => {
  const { auth, pass, sentTo } = setUpSleepingServer({})
  await auth.login(credentials)
  await pass(110_000, 1_000)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  const keys = sentTo('/refresh').map(({ headers }) => headers.get('Idempotency-Key'))
  expect(keys.length).toBeGreaterThan(1)
  expect(keys[0]).toMatch(/^[\w-]{16,}$/)
  expect(keys[1]).toBe(keys[0])
})
