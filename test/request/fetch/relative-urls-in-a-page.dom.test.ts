// The client's fetch in a page: relative URLs, with the fetch of happy-dom and msw beneath it.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'

const server = createMockAuthServer()
const apiUrl = 'https://api.example.com'
const seen: Request[] = []
const network = setupServer(
  ...createHandlers(server),
  ...createHandlers(server, { baseURL: apiUrl }),
  http.all(/\/notes$/, ({ request }) => {
    seen.push(request)
    return HttpResponse.json({ at: request.url })
  })
)
const ada = { email: 'ada@example.com', password: 'lovelace' }

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.reset())
afterAll(() => network.close())

const callsTo = (route: string) => server.calls.filter((call) => call.route === route)

it('resolves a relative URL against the page, for the replay and for re-issued tokens too', async () => {
  const auth = createAuthClient({ restore: 'never' })
  onTestFinished(auth.dispose)
  await auth.login(ada)
  server.revokeAccessTokens()
  expect(await (await auth.fetch('/me')).json()).toMatchObject({ email: ada.email })
  expect(callsTo('me').map(({ status }) => status)).toEqual([401, 200])
  const { kid } = server.rotateKey()
  await auth.fetch('me')
  await auth.fetch(new Request('/me'))
  expect(callsTo('me').map((call) => call.kid === kid)).toEqual([false, false, false, true])
  expect(callsTo('refresh')).toHaveLength(1)
})

it('joins a string to baseURL as axios does, and leaves URL and Request objects as they are', async () => {
  const auth = createAuthClient({ baseURL: apiUrl, restore: 'never' })
  onTestFinished(auth.dispose)
  await auth.login(ada)
  expect((await auth.fetch('/me')).url).toBe(`${apiUrl}/me`)
  const atPage = new URL('/notes', document.baseURI)
  for (const input of [atPage, new Request('/notes')]) {
    expect(await (await auth.fetch(input)).json()).toEqual({ at: atPage.href })
    expect(seen.at(-1)?.headers.has('Authorization')).toBe(false)
  }
})

it('resolves a relative baseURL against the page', async () => {
  const auth = createAuthClient({ baseURL: '/api', restore: 'never' })
  onTestFinished(auth.dispose)
  await auth.login(async () => ({ access_token: 'token-1' }))
  const response = await auth.fetch('notes', { method: 'POST', body: 'text' })
  expect(await response.json()).toEqual({ at: new URL('/api/notes', document.baseURI).href })
  expect(seen.at(-1)?.headers.get('Authorization')).toBe('Bearer token-1')
})
