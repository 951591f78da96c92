// One refresh over real HTTP: Node's sockets, axios's http adapter, and the mock on a port.
import { Agent } from 'node:http'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { createCookieFetch } from '../support/cookie-fetch.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }

async function createOverHttp() {
  const server = createMockAuthServer()
  const { url, close } = await listen(server)
  const auth = createAuthClient({
    baseURL: url,
    spreadRefreshes: false,
    platform: { fetch: createCookieFetch() }
  })
  onTestFinished(async () => {
    auth.dispose()
    await close()
  })
  return {
    auth,
    server,
    url,
    callsTo: (route: string) => server.calls.filter((call) => call.route === route)
  }
}

it('sends one refresh for a thousand requests over HTTP after the token was revoked', async () => {
  const { auth, server, callsTo } = await createOverHttp()
  await auth.login(ada)
  server.revokeAccessTokens()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => auth.axios.get('/me')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(callsTo('refresh').map((call) => call.outcome)).toEqual(['rotated'])
})

it.each(['http', 'fetch'] as const)('adopts a re-issued token over %s', async (adapter) => {
  const { auth, server, callsTo } = await createOverHttp()
  auth.axios.defaults.adapter = adapter
  await auth.login(ada)
  const { kid } = server.rotateKey()
  await auth.axios.get('/me')
  await auth.axios.get('/me')
  expect(callsTo('me').map((call) => call.kid === kid)).toEqual([false, true])
})

it('prints no token in errors of the http and fetch adapters', async () => {
  const { inspect } = await import('node:util')
  const { auth, server } = await createOverHttp()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const signature = token.split('.')[2] ?? token
  server.endSessions()
  for (const adapter of ['http', 'fetch'] as const) {
    const error = await auth.axios.get('/me', { adapter }).catch((reason) => reason)
    expect(error.response.status).toBe(401)
    expect(inspect(error, { depth: Infinity })).not.toContain(signature)
    expect(JSON.stringify(error)).not.toContain(signature)
  }
})

it('rejects with ERR_AUTH_NETWORK if the server is unreachable', async () => {
  const auth = createAuthClient({ baseURL: 'http://localhost:9' })
  onTestFinished(auth.dispose)
  await expect(auth.login(ada)).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
})

it('frees the connection of a streamed 401 body before the replay', async () => {
  const { auth, server } = await createOverHttp()
  await auth.login(ada)
  server.revokeAccessTokens()
  // With a single connection, an unread body would block the refresh and the replay.
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { status, data } = await auth.axios.get('/me', { responseType: 'stream', httpAgent })
  expect(status).toBe(200)
  data.destroy()
  httpAgent.destroy()
})
