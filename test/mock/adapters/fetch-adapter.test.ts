// Fetch adapter: `protect` around the handlers of an app.
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  base,
  createServerWithClock,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

async function setUp() {
  const { server } = createServerWithClock()
  const { token } = await openBrowser(overWire(server)).login()
  const ask = (init: RequestInit = {}) =>
    new Request(`${base}/api/todos`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, origin: 'http://localhost:3000' }
    })
  return { server, ask }
}

describe('protect() of the fetch adapter', () => {
  it('calls the handler with the request body and the session if the token is valid', async () => {
    const { server, ask } = await setUp()
    const handler = server.protect(async (request, { claims: { sub } }) =>
      Response.json({ sub, sent: await request.text() }, { status: 201, statusText: 'Made' })
    )
    const response = await handler(ask({ method: 'POST', body: 'hello' }))

    expect([response.status, response.statusText]).toEqual([201, 'Made'])
    expect(await response.json()).toEqual({ sub: 'user-1', sent: 'hello' })
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('does not change the bytes and the cookies of the handler', async () => {
    const { server, ask } = await setUp()
    server.rotateKey()
    const bytes = new Uint8Array([0, 255, 128, 10])
    const handler = server.protect(() => {
      const response = new Response(bytes, {
        headers: { 'content-type': 'application/octet-stream' }
      })
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2')
      return response
    })
    const response = await handler(ask())

    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('authorization')).toMatch(/^Bearer /)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('re-issues a token on a response with read-only headers', async () => {
    const { server, ask } = await setUp()
    server.rotateKey()
    const handler = server.protect(() => Response.redirect('http://localhost/elsewhere', 303))
    const response = await handler(ask())

    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('http://localhost/elsewhere')
    expect(response.headers.get('authorization')).toMatch(/^Bearer /)
  })

  it.each([
    ['without a body', () => new Response(null, { status: 204 })],
    ['with an unread body', () => new Response('hello')]
  ])(
    'does not write the re-issued token into a response object %s that the handler reuses',
    async (_name, make) => {
      const { server, ask } = await setUp()
      const response = make()
      const handler = server.protect(() => response)
      server.rotateKey()
      expect((await handler(ask())).headers.get('authorization')).toMatch(/^Bearer /)
      expect(response.headers.has('authorization')).toBe(false)
    }
  )

  it('returns a network error of the handler unchanged', async () => {
    const { server, ask } = await setUp()
    expect((await server.protect(() => Response.error())(ask())).type).toBe('error')
  })

  it('refuses a request without a token and does not call the handler', async () => {
    const { server } = await setUp()
    const handler = server.protect(() => {
      throw new Error('called')
    })
    const response = await handler(new Request(`${base}/api/todos`))

    expect(response.status).toBe(401)
    expect(server.calls.at(-1)).toMatchObject({
      adapter: 'fetch',
      route: 'protected',
      outcome: 'missing_token'
    })
  })

  it('logs a handler that throws as failed, and rejects with its error', async () => {
    const { server, ask } = await setUp()
    const mistake = new Error('mistake')
    const handler = server.protect(() => Promise.reject(mistake))

    await expect(handler(ask())).rejects.toBe(mistake)
    expect(outcome(server)).toBe('failed')
  })
})

it('answers HEAD like GET, without a body', async () => {
  const { server, ask } = await setUp()
  const response = await server.fetch(
    new Request(`${base}/me`, { method: 'HEAD', headers: ask().headers })
  )

  expect(response.status).toBe(200)
  expect(await response.text()).toBe('')
})

it('takes a URL and an init in place of a Request, as `fetch` does', async () => {
  const { server } = createServerWithClock()
  const login = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  }
  expect((await server.fetch(`${base}/login`, login)).status).toBe(200)
  expect((await server.fetch(new URL(`${base}/login`), login)).status).toBe(200)
  const request = new Request(`${base}/login`, login)
  expect((await server.fetch(request, { method: 'DELETE' })).status).toBe(405)
  await expect(server.fetch('/login', login)).rejects.toThrow(TypeError)
})

it('serves as the `fetch` of a client', async () => {
  const { server } = createServerWithClock()
  const auth = createAuthClient({
    baseURL: base,
    restore: 'never',
    contract: { refresh: { credential: 'access-token' } },
    platform: { fetch: server.fetch }
  })
  onTestFinished(auth.dispose)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  expect(auth.getState().status).toBe('authenticated')
})
