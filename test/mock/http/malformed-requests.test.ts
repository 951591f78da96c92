// Malformed requests: each gets a 4xx answer in the usual format, never a 5xx.
import { createMockAuthServer, type WireRequest } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { base, json } from '../../support/setups/one-cookie-browser.ts'

const login: WireRequest = { method: 'POST', url: `${base}/login`, headers: [json], body: '{}' }
const good = { email: 'ada@example.com', password: 'lovelace' }

const table: [string, Partial<WireRequest>, number][] = [
  ['no body', { body: '' }, 400],
  ['half a body', { body: '{"email":' }, 400],
  ['a number', { body: '7' }, 400],
  ['null', { body: 'null' }, 400],
  ['an array', { body: '[]' }, 400],
  ['a string', { body: '"ada@example.com"' }, 400],
  ['no fields', { body: '{}' }, 400],
  ['a number for a password', { body: JSON.stringify({ ...good, password: 7 }) }, 400],
  ['a list of passwords', { body: JSON.stringify({ ...good, password: ['lovelace'] }) }, 400],
  ['an object for an email', { body: JSON.stringify({ ...good, email: { $ne: null } }) }, 400],
  ['fields on the prototype', { body: `{"__proto__":${JSON.stringify(good)}}` }, 400],
  [
    'fields on the constructor',
    { body: `{"constructor":{"prototype":${JSON.stringify(good)}}}` },
    400
  ],
  ['an empty password', { body: JSON.stringify({ ...good, password: '' }) }, 401],
  ['a prefix of the password', { body: JSON.stringify({ ...good, password: 'love' }) }, 401],
  ['the password twice', { body: JSON.stringify({ ...good, password: 'lovelacelovelace' }) }, 401],
  ['a user named like a built-in', { body: JSON.stringify({ ...good, email: '__proto__' }) }, 401],
  ['deep nesting', { body: '['.repeat(60_000) }, 400],
  [
    'a body at the limit',
    { body: `${JSON.stringify(good)}${' '.repeat(65_536 - JSON.stringify(good).length)}` },
    200
  ],
  ['a body beyond the limit', { body: ' '.repeat(65_537) }, 413],
  ['a body beyond the limit in bytes only', { body: 'é'.repeat(32_769) }, 413],
  ['a body whose reading fails', { body: () => Promise.reject(new Error('aborted')) }, 400],
  ['an unknown path', { url: `${base}/nowhere` }, 404],
  ['a path with a slash at its end', { url: `${base}/login/` }, 404],
  ['a path in capitals', { url: `${base}/LOGIN` }, 404],
  ['a path with dots', { url: `${base}/x/../login`, body: JSON.stringify(good) }, 200],
  ['a relative URL', { url: '/login' }, 400],
  ['no URL', { url: '' }, 400],
  ['a URL of another scheme', { url: 'javascript:alert(1)' }, 400],
  ['an unknown method', { method: 'BREW' }, 405],
  ['a method in small letters', { method: 'post' }, 405],
  [
    'an endless cookie',
    { headers: [json, ['Cookie', 'x;'.repeat(100_000)]], body: JSON.stringify(good) },
    200
  ],
  ['a malformed content type', { headers: [['Content-Type', ';;;']] }, 415]
]

it.each(table)('answers a login with %s by a documented status', async (_name, change, status) => {
  const server = createMockAuthServer()
  const answer = await server.handle({ ...login, ...change })

  expect(answer.status).toBe(status)
  expect(server.calls.at(-1)).toMatchObject({ status })
  if (status >= 400) {
    expect(answer.headers).toContainEqual(['Content-Type', 'application/json'])
    expect(JSON.parse(answer.body)).toEqual({
      error: expect.any(String),
      error_description: expect.any(String)
    })
  }
})

it.each(['/refresh', '/logout'])(
  '%s refuses a malformed body with 400 and a large one with 413',
  async (path) => {
    const server = createMockAuthServer()
    const ask = async (body: string) =>
      (await server.handle({ ...login, url: base + path, body })).status

    expect(await ask('{')).toBe(400)
    expect(await ask(' '.repeat(65_537))).toBe(413)
  }
)

it('changes no prototype if a body or claims contain __proto__', async () => {
  const claims = JSON.parse('{"__proto__":{"isAdmin":true}}')
  const server = createMockAuthServer({ users: [{ ...good, claims }] })
  const body = `{"__proto__":{"isAdmin":true},${JSON.stringify(good).slice(1)}`
  const answer = await server.handle({ ...login, body })

  expect(answer.status).toBe(200)
  expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false)
  const authorization = `Bearer ${JSON.parse(answer.body).access_token}`
  await server.guard(
    { method: 'GET', url: `${base}/api`, headers: [['Authorization', authorization]] },
    ({ claims: seen }) => {
      expect(seen).not.toHaveProperty('isAdmin')
      return { status: 204, headers: [], setCookies: [], body: '' }
    }
  )
  expect(server.calls.at(-1)).toMatchObject({ outcome: 'accepted' })
})
