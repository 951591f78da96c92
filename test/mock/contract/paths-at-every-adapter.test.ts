// Paths by contract at every adapter: each path is answered exactly as it is written.
import type { AuthContract } from 'everbearer'
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse } from 'msw'
import { describe, expect, it, onTestFinished } from 'vitest'
import { credentials } from './caller.ts'

const home = 'http://localhost:4000'

type Ask = (method: string, url: string) => Promise<number | undefined>

const init = (method: string) => ({
  method,
  headers: { 'Content-Type': 'application/json' },
  ...(method === 'OPTIONS' || method === 'GET' ? {} : { body: JSON.stringify(credentials) })
})

/** Each adapter returns the status, or `undefined` if it leaves the request to others. */
const adapters: Readonly<Record<string, (server: MockAuthServer) => Promise<Ask>>> = {
  handle: async (server) => async (method, path) => {
    const request = { ...init(method), url: home + path }
    const headers = Object.entries(request.headers)
    return (await server.handle({ ...request, headers })).status
  },
  fetch: async (server) => async (method, path) =>
    (await server.fetch(new Request(home + path, init(method)))).status,
  node: async (server) => {
    const { url, close } = await listen(server)
    onTestFinished(close)
    return async (method, path) => (await fetch(url + path, init(method))).status
  },
  msw: async (server) => {
    const handlers = createHandlers(server, { baseURL: home })
    return async (method, path) =>
      (await getResponse(handlers, new Request(home + path, init(method))))?.status
  }
}

const contract: AuthContract = {
  login: { path: '/api/token/?v=1', method: 'PUT' },
  refresh: { path: '/v1/accounts:refresh' },
  logout: { path: '/a%20b' }
}

describe.each(Object.entries(adapters))('%s', (name, connect) => {
  const missing = name === 'msw' ? undefined : 404
  it.each([
    ['PUT', '/api/token/?v=1', 200],
    ['PUT', '/api/token/?v=2', 400],
    ['POST', '/api/token/?v=1', 405],
    ['PUT', '/api/token?v=1', missing],
    ['PUT', '/api/token/x/?v=1', missing],
    ['POST', '/v1/accounts:refresh', 401],
    ['POST', '/v1/accountsX', missing],
    ['POST', '/a%20b', 204],
    ['OPTIONS', '/api/token/', 204],
    ['GET', '/me/', missing]
  ])('answers %s %s with %s', async (method, path, status) => {
    const ask = await connect(createMockAuthServer({ contract }))
    expect(await ask(method, path)).toBe(status)
  })
})

it('msw answers an absolute URL of the contract at its own origin, preflights included', async () => {
  const server = createMockAuthServer({ contract: { login: 'https://auth.example.com/token' } })
  const handlers = createHandlers(server, { baseURL: home })
  const statusAt = async (url: string, method = 'POST') =>
    (await getResponse(handlers, new Request(url, init(method))))?.status
  expect(await statusAt('https://auth.example.com/token')).toBe(200)
  expect(await statusAt('https://auth.example.com/token', 'OPTIONS')).toBe(204)
  expect(await statusAt(`${home}/token`)).toBeUndefined()
})

it('msw lets two servers with different paths share an origin', async () => {
  const one = createMockAuthServer({ contract: { login: '/one' } })
  const two = createMockAuthServer({ contract: { login: '/two' } })
  const handlers = [one, two].flatMap((server) => createHandlers(server, { baseURL: home }))
  await getResponse(handlers, new Request(`${home}/two`, init('POST')))
  expect([one.calls.length, two.calls.length]).toEqual([0, 1])
})
