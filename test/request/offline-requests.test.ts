// Offline requests: a service worker may answer them, so reads are sent although no token can be
// had.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

async function setUpExpired(isOnline: boolean) {
  const setup = setUpClient({}, { accessTokenSeconds: 60 })
  await setup.auth.login(ada)
  setup.browser.setOnline(isOnline)
  setup.browser.intercept('/refresh', { kind: 'unreachable' }, 100)
  setup.clock.sleep(61_000)
  return setup
}

const sent = ({ browser }: Awaited<ReturnType<typeof setUpExpired>>) =>
  browser.requests.filter(({ url }) => url.endsWith('/news'))

it.each(['get', 'head'] as const)(
  'sends a %s request without a token if the refresh fails while the device is offline',
  async (method) => {
    const setup = await setUpExpired(false)
    const options = { validateStatus: () => true }
    await setup.auth.axios[method]('/news', options)
    await setup.auth.axios[method]('/news', options)
    expect(sent(setup).map(({ headers }) => headers.Authorization)).toEqual([undefined, undefined])
  }
)

it('sends a get request without a token if the restore fails while the device is offline', async () => {
  const setup = setUpClient()
  setup.browser.setOnline(false)
  setup.browser.intercept('/refresh', { kind: 'unreachable' }, 100)
  const auth = setup.reload({ restore: 'always' })
  await auth.axios.get('/news', { validateStatus: () => true })
  expect(sent(setup)).toHaveLength(1)
})

it.each([
  ['a write', true, { method: 'post' }],
  ['a request that requires the token', true, { everbearer: { accessToken: 'require' } }],
  ['a read while the device is online', false, {}]
] as const)('rejects %s if the refresh fails', async (_, isOffline, config) => {
  const setup = await setUpExpired(!isOffline)
  await expect(setup.auth.axios.request({ url: '/news', ...config })).rejects.toMatchObject({
    code: 'ERR_AUTH_NETWORK'
  })
  expect(sent(setup)).toEqual([])
})
