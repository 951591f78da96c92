// Recipe for plain Node: its test runner, msw for the network, no page. `node --test`
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { createAuthClient, isAuthError } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'

const api = 'http://localhost:4000'
// Node has no cookie jar. The server detects that there is no page and emulates one.
const server = createMockAuthServer({
  users: [{ email: 'robot@example.com', password: 'r2', claims: { role: 'importer' } }]
})
const network = setupServer(
  ...createHandlers(server, { baseURL: api }),
  http.get(
    `${api}/todos`,
    protect(server, ({ claims }) => HttpResponse.json([{ role: claims.role }]))
  )
)

const open = () => createAuthClient({ baseURL: api })
const robot = { email: 'robot@example.com', password: 'r2' }

before(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => {
  server.assertNoViolations()
  server.reset()
})
after(() => network.close())

test('refreshes the token and replays the request after the server revoked the token', async (t) => {
  const auth = open()
  t.after(auth.dispose)
  await auth.login(robot)
  assert.deepEqual((await auth.axios.get('/todos')).data, [{ role: 'importer' }])
  server.revokeAccessTokens()
  assert.equal((await auth.axios.get('/todos')).status, 200)
  assert.deepEqual(
    server.calls.refresh.map((call) => call.outcome),
    ['rotated']
  )
})

test('signs out after one rejected refresh when the session has expired', async (t) => {
  const auth = open()
  t.after(auth.dispose)
  await auth.login(robot)
  server.clock.advance(8 * 24 * 3600)
  await assert.rejects(auth.axios.get('/todos'))
  assert.equal(auth.getState().status, 'unauthenticated')
  assert.equal(server.calls.refresh.length, 1)
})

test('keeps the session while the refresh endpoint cannot be reached', async (t) => {
  const auth = open()
  t.after(auth.dispose)
  await auth.login(robot)
  server.revokeAccessTokens()
  server.failNext('refresh', 'network')
  await assert.rejects(auth.axios.get('/todos'), (error) => isAuthError(error, 'ERR_AUTH_NETWORK'))
  assert.equal(auth.getState().status, 'authenticated')
})

test('reports the rule that a client breaks with two parallel refreshes', async () => {
  const post = (path: string, body: object) =>
    fetch(api + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body)
    })
  await post('/login', robot)
  await Promise.all([post('/refresh', {}), post('/refresh', {})])
  assert.throws(() => server.assertNoViolations(), /parallel-refresh/)
  server.reset()
})
