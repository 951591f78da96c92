// Instances of the client: `auth.axios`, and what its `create` returns.
import axios from 'axios'
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'
import { ada, setUpClient } from '../../support/setups/test-client.ts'
import { apiOrigin } from '../../support/setups/virtual-browser.ts'

async function setUp() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  return setup
}

it('sends the token over an instance that auth.axios.create() returns, and refreshes once for both', async () => {
  const { auth, server, callsTo } = await setUp()
  const child = auth.axios.create({ headers: { 'X-Own': '1' } })
  server.revokeAccessTokens()
  await Promise.all([child.get('/me'), child.get('/me'), auth.axios.get('/me')])
  expect(callsTo('refresh')).toHaveLength(1)
  expect(callsTo('me').filter(({ status }) => status === 200)).toHaveLength(3)
})

it('keeps the defaults of axios.create(), and copies no interceptor of the app', async () => {
  const { auth } = await setUp()
  const seen: string[] = []
  auth.axios.interceptors.request.use((config) => {
    seen.push(config.url ?? '')
    return config
  })
  const child = auth.axios.create({ headers: { 'X-Own': '1' } })
  expect(child.defaults).toMatchObject({ baseURL: apiOrigin, headers: { 'X-Own': '1' } })
  await child.get('/me')
  expect(seen).toEqual([])
})

it('sends the token over an instance of an instance', async () => {
  const { auth, callsTo } = await setUp()
  const grandchild = auth.axios.create().create({ timeout: 1_000 })
  expect((await grandchild.get('/me')).status).toBe(200)
  expect(callsTo('me')).toHaveLength(1)
})

it('sends no token of the client to another origin over such an instance', async () => {
  const { auth, browser } = await setUp()
  const child = auth.axios.create({ baseURL: 'https://other.example' })
  await child.get('/x', { validateStatus: null })
  expect(browser.requests.at(-1)).toMatchObject({ url: 'https://other.example/x' })
  expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
})

it('rejects the requests of such an instance once the client is disposed of', async () => {
  const { auth, browser } = await setUp()
  const child = auth.axios.create()
  auth.dispose()
  const sent = browser.requests.length
  for (const instance of [auth.axios, child, auth.axios.create(), child.create()]) {
    await expect(instance.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  }
  expect(browser.requests).toHaveLength(sent)
})

it('leaves the interceptors of the app in place on dispose() after interceptors.clear()', async () => {
  const auth = createAuthClient({ baseURL: apiOrigin, restore: 'never' })
  onTestFinished(auth.dispose)
  const api = axios.create({
    adapter: async (config) => ({ config, data: '', status: 200, statusText: '', headers: {} })
  })
  const detach = auth.attach(api)
  const seen: string[] = []
  api.interceptors.request.clear()
  api.interceptors.response.clear()
  for (const name of ['first', 'second']) {
    api.interceptors.request.use((config) => {
      seen.push(`request ${name}`)
      return config
    })
    api.interceptors.response.use((response) => {
      seen.push(`response ${name}`)
      return response
    })
  }
  detach()
  auth.dispose()
  await api.get('/x').catch(() => {})
  expect(seen).toEqual(['request second', 'request first', 'response first', 'response second'])
})
