// @vitest-environment happy-dom
// msw adapter in a page: the page sends the HttpOnly cookie through fetch and XHR, and the server
// receives it.
import axios, { AxiosHeaders } from 'axios'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

interface Transport {
  readonly name: string
  send(
    method: string,
    path: string,
    body?: object,
    token?: string
  ): Promise<{ status: number; data: unknown; authorization: string | null }>
}

function overAxios(adapter: 'xhr' | 'fetch'): Transport {
  return {
    name: `axios ${adapter}`,
    async send(method, path, body, token) {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      const validateStatus = () => true
      const data = body === undefined ? {} : { data: body }
      const response = await axios.request({
        adapter,
        method,
        url: path,
        headers,
        validateStatus,
        ...data
      })
      const authorization = AxiosHeaders.from(response.headers as AxiosHeaders).get('authorization')
      return {
        status: response.status,
        data: response.data,
        authorization: authorization ? String(authorization) : null
      }
    }
  }
}

const overFetch: Transport = {
  name: 'fetch',
  async send(method, path, body, token) {
    const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const headers = { 'Content-Type': 'application/json', ...bearer }
    const init =
      body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(path, init)
    const text = await response.text()
    return {
      status: response.status,
      data: text === '' ? '' : JSON.parse(text),
      authorization: response.headers.get('authorization')
    }
  }
}

const auth = createMockAuthServer({ basePath: '/auth' })
const worker = setupServer(
  ...createHandlers(auth),
  http.get(
    '/api/todos',
    protect(auth, ({ claims: { sub } }) => HttpResponse.json([sub]))
  )
)
beforeAll(() => worker.listen({ onUnhandledFrame: 'error' }))
afterEach(() => auth.reset())
afterAll(() => worker.close())

it.each([overFetch, overAxios('fetch'), overAxios('xhr')])(
  '$name: a session in a page works from login to logout',
  async ({ send }) => {
    const token = (data: unknown) => (data as { access_token: string }).access_token
    const login = await send('POST', '/auth/login', {
      email: 'ada@example.com',
      password: 'lovelace'
    })
    expect(login.status).toBe(200)
    expect(document.cookie).toBe('')

    let current = token(login.data)
    for (let round = 0; round < 3; round += 1) {
      const refreshed = await send('POST', '/auth/refresh', {})
      expect([refreshed.status, auth.calls.at(-1)?.outcome]).toEqual([200, 'rotated'])
      current = token(refreshed.data)
    }
    expect((await send('GET', '/api/todos', undefined, current)).data).toEqual(['user-1'])

    auth.rotateKey()
    const reissue = await send('GET', '/api/todos', undefined, current)
    expect(reissue.authorization).toMatch(/^Bearer /)
    expect((await send('GET', '/auth/me', undefined, reissue.authorization?.slice(7))).status).toBe(
      200
    )

    expect((await send('POST', '/auth/logout', {})).status).toBe(204)
    expect((await send('POST', '/auth/refresh', {})).status).toBe(401)
    expect(auth.calls.at(-1)).toMatchObject({ adapter: 'msw', outcome: 'no_cookie' })
  }
)

it('a cross-origin request sends a preflight, and the server sees its origin', async () => {
  const elsewhere = createMockAuthServer()
  worker.use(...createHandlers(elsewhere, { baseURL: 'http://localhost:4000' }))
  const { status } = await overFetch.send('POST', 'http://localhost:4000/refresh', {})

  expect(status).toBe(401)
  expect(elsewhere.calls.map((call) => [call.route, call.outcome, call.origin])).toEqual([
    ['preflight', 'accepted', location.origin],
    ['refresh', 'no_cookie', location.origin]
  ])
})
