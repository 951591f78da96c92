// Recipe for Vitest, happy-dom and msw: app and API on one origin, server in the same process.
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
  // A handler of the app's API. `protect` checks the token, re-issues it, and logs the call.
  http.get(
    '/api/todos',
    protect(server, ({ claims }) => HttpResponse.json([{ owner: claims.sub }]))
  )
)

let unmount = () => {}
function open() {
  // Without jitter, so that the test knows when the refresh is due.
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

it('stays signed in after a page load', async () => {
  open()
  await signIn()
  unmount()
  open()
  await untilShown('Hello ada@example.com')
  expect(server.calls.login).toHaveLength(1)
})

it('shows an error for a wrong password', async () => {
  open()
  await untilSignedOut()
  document.querySelector('[name=password]')?.setAttribute('value', 'byron')
  click('form button')
  await untilShown('ERR_AUTH_LOGIN_REJECTED')
})

it('refreshes the token before it expires', async () => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date']
  })
  open()
  await signIn()
  const { length: before } = server.calls.refresh
  // One minute before expiry. A longer step would also pass the client's timeouts.
  await vi.advanceTimersByTimeAsync(241_000)
  await server.idle()
  expect(server.calls.refresh).toHaveLength(before + 1)
})

it('sends one refresh for many refused requests', async () => {
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

it('adopts the token that is re-issued after a key rotation', async () => {
  const auth = open()
  await signIn()
  const { previousKid, kid } = server.rotateKey()
  await auth.axios.get('/todos')
  await auth.axios.get('/todos')
  expect(server.calls.api.slice(-2).map((call) => call.kid)).toEqual([previousKid, kid])
})

it('keeps the session if the answer is lost after the server has rotated the refresh token', async () => {
  const auth = open()
  await signIn()
  server.failNext('refresh', 'network', { after: 'commit' })
  server.revokeAccessTokens()
  await auth.axios.get('/todos').catch(() => {})
  await vi.waitFor(async () => expect((await auth.axios.get('/todos')).status).toBe(200), 5000)
  expect(auth.getState().status).toBe('authenticated')
})

it('shows the sign-in form when the session has ended', async () => {
  open()
  await signIn()
  server.endSessions()
  click('[data-ask]')
  await untilSignedOut()
})

it('stays signed out after a sign-out during a refresh', async () => {
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
