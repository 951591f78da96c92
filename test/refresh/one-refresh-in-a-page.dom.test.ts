// One refresh in a mocked page: happy-dom's XHR and fetch, intercepted by msw, with the client's
// default platform.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

const server = createMockAuthServer()
const network = setupServer(...createHandlers(server))
const ada = { email: 'ada@example.com', password: 'lovelace' }

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.reset())
afterAll(() => network.close())

const callsTo = (route: string) => server.calls.filter((call) => call.route === route)

it('sends one refresh for a thousand requests of a page after the token was revoked', async () => {
  const auth = createAuthClient({ restore: 'never', spreadRefreshes: false })
  await auth.login(ada)
  server.revokeAccessTokens()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => auth.axios.get('/me')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(callsTo('refresh').map((call) => call.outcome)).toEqual(['rotated'])
  auth.dispose()
})

it.each(['xhr', 'fetch'] as const)(
  'signs in, restores, adopts a re-issued token and signs out over %s',
  async (adapter) => {
    const first = createAuthClient({ restore: 'never', spreadRefreshes: false })
    await first.login(ada)
    first.dispose()

    const auth = createAuthClient({ spreadRefreshes: false })
    auth.axios.defaults.adapter = adapter
    expect(await auth.ready()).toMatchObject({ status: 'authenticated', degraded: undefined })
    const { kid } = server.rotateKey()
    await auth.axios.get('/me')
    await auth.axios.get('/me')
    expect(callsTo('me').map((call) => call.kid === kid)).toEqual([false, true])
    expect(callsTo('refresh').map((call) => call.outcome)).toEqual(['rotated'])
    expect(await auth.logout()).toEqual({ confirmed: true })
    expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
    auth.dispose()
  }
)
