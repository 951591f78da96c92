// A whole session through each adapter: login, call, refresh, key rotation, logout.

import type { MockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse } from 'msw'
import { expect, it } from 'vitest'
import {
  claimsOf,
  createServerWithClock,
  openBrowser,
  overFetch,
  overWire,
  type Send
} from '../../support/setups/one-cookie-browser.ts'

interface Adapter {
  readonly name: 'direct' | 'fetch' | 'node' | 'msw'
  open(server: MockAuthServer): Promise<{ send: Send; close(): Promise<void> }>
}

const closeNothing = async () => {}
const adapters: readonly Adapter[] = [
  { name: 'direct', open: async (server) => ({ send: overWire(server), close: closeNothing }) },
  {
    name: 'fetch',
    open: async (server) => ({ send: overFetch(server.fetch), close: closeNothing })
  },
  {
    name: 'node',
    async open(server) {
      const { url, close } = await listen(server)
      return { send: overFetch(fetch, url), close }
    }
  },
  {
    name: 'msw',
    async open(server) {
      const handlers = createHandlers(server, { baseURL: 'http://localhost:4000' })
      const respond = async (request: Request) =>
        (await getResponse(handlers, request)) ?? Response.error()
      return { send: overFetch(respond), close: closeNothing }
    }
  }
]

it.each(adapters)('$name adapter: a session works from login to logout', async (adapter) => {
  const { server, clock } = createServerWithClock({
    users: [{ email: 'ada@example.com', password: 'lovelace', claims: { role: 'admin' } }]
  })
  const { send, close } = await adapter.open(server)
  const ada = openBrowser(send)

  const login = await ada.login()
  expect(login.status).toBe(200)
  expect(JSON.parse(login.body)).toEqual({
    access_token: login.token,
    token_type: 'Bearer',
    expires_in: 300
  })
  expect(login.header('cache-control')).toBe('no-store')
  const me = await ada.me(login.token)
  expect(JSON.parse(me.body)).toEqual({ sub: 'user-1', email: 'ada@example.com', role: 'admin' })

  clock.advanceSeconds(300)
  expect((await ada.me(login.token)).status).toBe(401)
  const firstCookie = ada.cookie
  const refreshed = await ada.refresh()
  expect(ada.cookie).not.toBe(firstCookie)
  expect((await ada.me(refreshed.token)).status).toBe(200)

  server.rotateKey()
  const reissue = await ada.me(refreshed.token)
  const reissued = reissue.header('authorization')?.replace('Bearer ', '') ?? ''
  expect(claimsOf(reissued)).toMatchObject({ sub: 'user-1' })
  expect((await ada.me(reissued)).header('authorization')).toBeNull()

  const logout = await ada.logout()
  expect(logout.status).toBe(204)
  expect(logout.body).toBe('')
  expect(ada.cookie).toBeUndefined()
  expect((await ada.me(reissued)).status).toBe(401)
  expect((await ada.refresh()).status).toBe(401)

  await close()
  expect(server.calls.map((call) => [call.adapter, call.route, call.status, call.outcome])).toEqual(
    [
      ['login', 200, 'signed_in'],
      ['me', 200, 'accepted'],
      ['me', 401, 'token_expired'],
      ['refresh', 200, 'rotated'],
      ['me', 200, 'accepted'],
      ['me', 200, 'accepted'],
      ['me', 200, 'accepted'],
      ['logout', 204, 'signed_out'],
      ['me', 401, 'token_revoked'],
      ['refresh', 401, 'no_cookie']
    ].map((row) => [adapter.name, ...row])
  )
})

it.each(adapters)(
  '$name adapter: a wrong password is answered with 401 and no cookie',
  async (adapter) => {
    const { server } = createServerWithClock()
    const { send, close } = await adapter.open(server)
    const answer = await openBrowser(send).login('byron')
    await close()

    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_grant',
      error_description: 'the email or the password is wrong'
    })
    expect(answer.setCookies).toEqual([])
  }
)
