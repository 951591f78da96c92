// Recipe for Vitest, jsdom and msw: the API on another origin, with CORS as in production.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { mountApp } from '../testing-app/app.ts'

const api = 'http://localhost:4000'
// jsdom stores cookies only for XMLHttpRequest. The client refreshes with `fetch`, which is Node's
// here and has no cookie jar, so the server emulates one.
const server = createMockAuthServer({ cookies: 'jar' })
const network = setupServer(
  ...createHandlers(server, { baseURL: api }),
  http.get(
    `${api}/todos`,
    protect(server, () =>
      HttpResponse.json([], { headers: { 'X-Total': '0', 'X-Secret': 'not exposed' } })
    )
  )
)

let unmount = () => {}
function open() {
  const auth = createAuthClient({ baseURL: api })
  unmount = mountApp(document.body, auth)
  return auth
}
const click = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()
const untilShown = (text: string) =>
  vi.waitFor(() => expect(document.body.textContent).toContain(text))

async function signIn() {
  await vi.waitFor(() => expect(document.querySelector('form')?.hidden).toBe(false))
  click('form button')
  await untilShown('Hello ada@example.com')
}

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => {
  unmount()
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

it('ends the session on the server when the user signs out', async () => {
  open()
  await signIn()
  click('[data-sign-out]')
  await vi.waitFor(() => expect(server.calls.logout[0]?.outcome).toBe('signed_out'))
  await vi.waitFor(() => expect(document.querySelector('form')?.hidden).toBe(false))
})

it('keeps the session while the server is down', async () => {
  const auth = open()
  await signIn()
  server.revokeAccessTokens()
  server.failNext('refresh', 503)
  click('[data-ask]')
  await untilShown('ERR_AUTH_SERVER_ERROR')
  expect(auth.getState().status).toBe('authenticated')
})

it('adopts a re-issued token from an exposed header, and cannot read other headers', async () => {
  const auth = open()
  await signIn()
  const { kid } = server.rotateKey()
  await auth.axios.get('/todos')
  const { headers } = await auth.axios.get('/todos')
  expect(server.calls.api.at(-1)?.kid).toBe(kid)
  expect(headers).not.toHaveProperty('x-secret')
})
