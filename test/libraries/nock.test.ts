// nock: mocks the server below axios and `fetch` in Node, so the client needs nothing for it.
import { createAuthClient, isAuthError } from 'everbearer'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'

const api = 'https://api.example.com'

beforeAll(() => nock.disableNetConnect())
afterEach(() => nock.cleanAll())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})

async function signIn() {
  nock(api).post('/login').reply(200, { access_token: 'token-1', token_type: 'Bearer' })
  const auth = createAuthClient({ baseURL: api, restore: 'never', spreadRefreshes: false })
  onTestFinished(auth.dispose)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  return auth
}

function mockMe(accepted: string, times: number): void {
  const isAccepted = (value: string | null) => value === `Bearer ${accepted}`
  nock(api)
    .get('/me')
    .matchHeader('authorization', isAccepted)
    .times(times)
    .reply(200, { name: 'Ada' })
  nock(api)
    .get('/me')
    .matchHeader('authorization', (value) => !isAccepted(value))
    .times(times)
    .reply(401)
}

it('refreshes once for concurrent refusals over axios and fetch', async () => {
  const auth = await signIn()
  mockMe('token-2', 4)
  nock(api).post('/refresh').once().reply(200, { access_token: 'token-2', token_type: 'Bearer' })
  const answers = await Promise.all([
    auth.axios.get('/me').then(({ data }) => data),
    auth.axios.get('/me', { adapter: 'fetch' }).then(({ data }) => data),
    auth.fetch('/me').then((response) => response.json()),
    auth.axios.get('/me').then(({ data }) => data)
  ])
  expect(answers).toEqual(Array(4).fill({ name: 'Ada' }))
  expect(nock.pendingMocks()).toEqual([])
})

it('rejects with a usable error if the refresh is mocked to fail', async () => {
  const auth = await signIn()
  mockMe('token-2', 1)
  nock(api).post('/refresh').replyWithError('connection reset')
  const error = await auth.axios.get('/me').catch((failure) => failure)
  expect(isAuthError(error, 'ERR_AUTH_NETWORK')).toBe(true)
  expect(error.config.url).toBe('/me')
})
