// Vitest, happy-dom and msw: the app on its own origin, the server in the same process.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { mountApp } from '../testing-app/app.ts'

const server = createMockAuthServer({ basePath: '/api', accessTokenSeconds: 300 })
const network = setupServer(
  ...createHandlers(server),
  // A handler of the app's own API, behind the guard: verified, re-issued and journaled like the server's own.
  http.get(
    '/api/todos',
    protect(server, ({ claims }) => HttpResponse.json([{ owner: claims.sub }]))
  )
)

let unmount = () => {}
function open() {
  // Real users who sign in together are spread, so as not to come back together; a test wants to know the moment.
  const auth = createAuthClient({ baseURL: '/api', spreadRefreshes: false })
  unmount = mountApp(document.body, auth)
  return auth
}
const click = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()
const untilShown = (text: string) =>
  vi.waitFor(() => expect(document.body.textContent).toContain(text))
const untilSignedOut = () =>
  vi.waitFor(() => expect(document.querySelector('form')?.hidden).toBe(false))

async function signIn() {
  await untilSignedOut()
  click('form button')
  await untilShown('Hello ada@example.com')
}

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => {
  unmount()
  vi.useRealTimers()
  server.assertNoViolations()
  server.reset()
})
afterAll(() => network.close())

it('signs in, and stays signed in over a reload', async () => {
  open()
  await signIn()
  unmount()
  open()
  await untilShown('Hello ada@example.com')
  expect(server.calls.login).toHaveLength(1)
})

it('shows what a wrong password is', async () => {
  open()
  await untilSignedOut()
  document.querySelector('[name=password]')?.setAttribute('value', 'byron')
  click('form button')
  await untilShown('ERR_AUTH_LOGIN_REJECTED')
})

it('renews a token before it expires', async () => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date']
  })
  open()
  await signIn()
  const { length: before } = server.calls.refresh
  // A minute before the end. Much more at once, and the client's timeouts would pass while the answer is on its way.
  await vi.advanceTimersByTimeAsync(241_000)
  await server.idle()
  expect(server.calls.refresh).toHaveLength(before + 1)
})

it('makes one refresh out of many refused requests', async () => {
  const auth = open()
  await signIn()
  const { length: before } = server.calls.refresh
  server.revokeAccessTokens()
  const gate = server.hold('refresh')
  const all = Promise.all(Array.from({ length: 10 }, () => auth.axios.get('/todos')))
  await gate.arrived()
  gate.release()
  for (const { data } of await all) expect(data).toEqual([{ owner: 'user-1' }])
  expect(server.calls.refresh).toHaveLength(before + 1)
})

it('takes up the token that a rotated key brings', async () => {
  const auth = open()
  await signIn()
  const { previousKid, kid } = server.rotateKey()
  await auth.axios.get('/todos')
  await auth.axios.get('/todos')
  expect(server.calls.api.slice(-2).map((call) => call.kid)).toEqual([previousKid, kid])
})

it('survives an answer that is lost after the server has rotated', async () => {
  const auth = open()
  await signIn()
  server.failNext('refresh', 'network', { after: 'commit' })
  server.revokeAccessTokens()
  await auth.axios.get('/todos').catch(() => {})
  await vi.waitFor(async () => expect((await auth.axios.get('/todos')).status).toBe(200), 5000)
  expect(auth.getState().status).toBe('authenticated')
})

it('shows the form again when the session has ended', async () => {
  open()
  await signIn()
  server.endSessions()
  click('[data-ask]')
  await untilSignedOut()
})

it('signs out while a refresh is under way, and stays signed out', async () => {
  const auth = open()
  await signIn()
  server.revokeAccessTokens()
  const gate = server.hold('refresh')
  const all = Promise.all(['/todos', '/me'].map((path) => auth.axios.get(path)))
  all.catch(() => {})
  await gate.arrived()
  const signedOut = auth.logout()
  gate.release()
  await signedOut
  await expect(all).rejects.toThrow()
  expect(auth.getState().status).toBe('unauthenticated')
})
