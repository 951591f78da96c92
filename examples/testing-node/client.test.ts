// Plain Node: its own test runner, msw for the network, and no page. `node --test`
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { createAuthClient, isAuthError } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'

const api = 'http://localhost:4000'
// Node's clients keep no cookies; the server sees that there is no page, and plays the browser's jar.
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

test('asks the API with a token, and renews it when the server has forgotten it', async (t) => {
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

test('finds out that the session has ended from one refused refresh', async (t) => {
  const auth = open()
  t.after(auth.dispose)
  await auth.login(robot)
  server.clock.advance(8 * 24 * 3600)
  await assert.rejects(auth.axios.get('/todos'))
  assert.equal(auth.getState().status, 'unauthenticated')
  assert.equal(server.calls.refresh.length, 1)
})

test('keeps the session while the server is out of reach', async (t) => {
  const auth = open()
  t.after(auth.dispose)
  await auth.login(robot)
  server.revokeAccessTokens()
  server.failNext('refresh', 'network')
  await assert.rejects(auth.axios.get('/todos'), (error) => isAuthError(error, 'ERR_AUTH_NETWORK'))
  assert.equal(auth.getState().status, 'authenticated')
})

test('is told which rule a bad client breaks', async () => {
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
