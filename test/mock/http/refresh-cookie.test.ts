// Refresh cookie: its exact attributes, and how the server finds it in a request.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { expect, it } from 'vitest'
import {
  base,
  createServerWithClock,
  json,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

async function setCookie(url: string, options: MockAuthServerOptions = {}): Promise<string> {
  const { server } = createServerWithClock(options)
  const answer = await server.handle({
    method: 'POST',
    url: `${url}/login`,
    headers: [json],
    body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  })
  return (answer.setCookies[0] ?? '').replace(/=rt_[\w-]{43};/, '=VALUE;')
}

it.each<[string, MockAuthServerOptions, string]>([
  [
    'http://localhost:4000',
    {},
    'refresh_token=VALUE; Max-Age=604800; Path=/; HttpOnly; SameSite=Strict'
  ],
  [
    'https://api.example.com',
    {},
    '__Host-refresh_token=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict'
  ],
  [
    'http://localhost',
    { sessionSeconds: 60 },
    'refresh_token=VALUE; Max-Age=60; Path=/; HttpOnly; SameSite=Strict'
  ],
  [
    'http://localhost',
    { cookieName: 'rt' },
    'rt=VALUE; Max-Age=604800; Path=/; HttpOnly; SameSite=Strict'
  ],
  [
    'https://localhost',
    { cookieName: 'rt' },
    'rt=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict'
  ],
  [
    'http://localhost',
    { cookieName: '__Host-rt' },
    '__Host-rt=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict'
  ],
  [
    'http://localhost',
    { cookie: { sameSite: 'Lax', persistent: false } },
    'refresh_token=VALUE; Path=/; HttpOnly; SameSite=Lax'
  ],
  [
    'http://localhost',
    { cookie: { sameSite: 'None' } },
    'refresh_token=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=None'
  ],
  [
    'http://localhost',
    { cookie: { secure: true } },
    'refresh_token=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict'
  ],
  [
    'https://api.example.com',
    { cookie: { path: '/refresh' } },
    '__Secure-refresh_token=VALUE; Max-Age=604800; Path=/refresh; HttpOnly; Secure; SameSite=Strict'
  ],
  [
    'https://api.example.com',
    { cookie: { domain: 'example.com', sameSite: 'Lax' } },
    '__Secure-refresh_token=VALUE; Max-Age=604800; Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Lax'
  ],
  [
    'https://api.example.com',
    { cookie: { partitioned: true, sameSite: 'None' } },
    '__Host-refresh_token=VALUE; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=None; Partitioned'
  ]
])('a login at %s with %o sets the cookie %s', async (url, options, expected) => {
  expect(await setCookie(url, options)).toBe(expected)
})

it('a logout deletes the cookie with the attributes it was set with', async () => {
  const server = createMockAuthServer()
  const answer = await server.handle({
    method: 'POST',
    url: 'https://api.test/logout',
    headers: [json]
  })
  expect(answer.setCookies).toEqual([
    '__Host-refresh_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict'
  ])
})

it.each([
  ['among other cookies', ['a=b; refresh_token=RT; c=d'], 'rotated'],
  ['without spaces', ['a=b;refresh_token=RT;c=d'], 'rotated'],
  ['in a second header', ['a=b', 'refresh_token=RT'], 'rotated'],
  [
    'with attributes that another mock left in it',
    ['refresh_token=RT; Max-Age=9; Path=/; HttpOnly, refresh_token=old; Path=/'],
    'rotated'
  ],
  ['after a comma, in the value of another cookie', ['a=b, refresh_token=RT'], 'no_cookie'],
  ['first of two', ['refresh_token=RT; refresh_token=other'], 'rotated'],
  ['second of two', ['refresh_token=other; refresh_token=RT'], 'rotated'],
  ['after an empty cookie', ['refresh_token=; refresh_token=RT'], 'rotated'],
  ['as two unknown tokens', ['refresh_token=other; refresh_token=more'], 'unknown_session'],
  ['under a longer name', ['xrefresh_token=RT; refresh_tokenx=RT'], 'no_cookie'],
  ['with another case', ['Refresh_Token=RT'], 'no_cookie'],
  ['under its https name', ['__Host-refresh_token=RT'], 'no_cookie'],
  ['empty', ['refresh_token='], 'no_cookie'],
  ['without a value', ['refresh_token'], 'no_cookie'],
  ['as the value of another cookie', ['x=refresh_token=RT'], 'no_cookie'],
  ['among malformed pairs', ['=;;,=, ;refresh_token=RT'], 'rotated']
])('the refresh of a cookie sent %s in %j ends as %s', async (_name, cookies, expected) => {
  const server = createMockAuthServer()
  const ada = openBrowser(overWire(server))
  await ada.login()
  const headers = cookies.map((value): [string, string] => [
    'Cookie',
    value.replaceAll('RT', ada.cookie ?? '')
  ])
  await server.handle({ method: 'POST', url: `${base}/refresh`, headers: [json, ...headers] })

  expect(outcome(server)).toBe(expected)
})

// Cookies ignore ports: another server's cookie for a longer path comes first.
it.each(['login', 'logout'])(
  'a %s ends the session of a cookie behind another server’s cookie',
  async (route) => {
    const { server } = createServerWithClock()
    const { refreshToken, sid } = await server.signIn()
    await server.handle({
      method: 'POST',
      url: `${base}/${route}`,
      headers: [json, ['Cookie', `refresh_token=other; refresh_token=${refreshToken}`]],
      body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
    })
    expect(server.sessions.map((session) => session.sid)).not.toContain(sid)
  }
)

//   t0  tab A refreshes with R1, and the request is slow
//   t1  tab B signs in: the family of R1 ends, the browser holds S1
//   t2  A is refused: clearing the cookie now would delete S1
it.each(['signs in', 'signs out and in'])(
  'a late refresh does not delete the cookie if the user %s in another tab first',
  async (what) => {
    const { server } = createServerWithClock()
    const browser = openBrowser(overWire(server))
    await browser.login()
    const gate = server.hold('refresh')
    const late = browser.refresh()
    await gate.arrived()
    if (what === 'signs out and in') await browser.logout()
    await browser.login()
    const fresh = browser.cookie
    gate.release()
    expect((await late).status).toBe(401)
    expect(server.calls.map((call) => call.outcome)).toContain('session_revoked')

    expect(browser.cookie).toBe(fresh)
    expect((await browser.refresh()).status).toBe(200)
  }
)

it('the refresh of a session that the server ended deletes the cookie', async () => {
  const { server } = createServerWithClock()
  const browser = openBrowser(overWire(server))
  await browser.login()
  server.endSessions()
  await browser.refresh()
  expect(browser.cookie).toBeUndefined()
})

it('a cookie with path and domain has a __Secure- name, and is deleted with both', async () => {
  const server = createMockAuthServer({ cookie: { path: '/refresh', domain: 'example.com' } })
  const { refreshToken, setCookie: line } = await server.signIn(
    undefined,
    'https://api.example.com'
  )
  expect(line).toMatch(/^__Secure-refresh_token=.*; Path=\/refresh; Domain=example\.com;/)
  const headers: [string, string][] = [json, ['Cookie', `__Secure-refresh_token=${refreshToken}`]]
  const post = (path: string) =>
    server.handle({ method: 'POST', url: `https://api.example.com${path}`, headers })

  expect((await post('/refresh')).status).toBe(200)
  expect((await post('/logout')).setCookies).toEqual([
    '__Secure-refresh_token=; Max-Age=0; Path=/refresh; Domain=example.com; HttpOnly; Secure; SameSite=Strict'
  ])
})

it('over https the cookie is ignored under its plain name, which other subdomains can set', async () => {
  const server = createMockAuthServer()
  const ada = openBrowser(overWire(server))
  await ada.login()
  const headers: [string, string][] = [json, ['Cookie', `refresh_token=${ada.cookie}`]]
  await server.handle({ method: 'POST', url: 'https://localhost/refresh', headers })

  expect(outcome(server)).toBe('no_cookie')
})

it('over https the refresh token is not read from the value of another cookie', async () => {
  const url = 'https://api.example.com'
  const server = createMockAuthServer()
  const attacker = await server.signIn(undefined, url)
  const victim = await server.signIn(undefined, url)
  // Another subdomain can set any cookie without the prefix `__Host-`. A longer path comes first.
  const tossed = `theme=a,__Host-refresh_token=${attacker.refreshToken}`
  const cookie = `${tossed}; __Host-refresh_token=${victim.refreshToken}`
  const headers: [string, string][] = [json, ['Cookie', cookie]]
  await server.handle({ method: 'POST', url: `${url}/refresh`, headers, body: '{}' })

  expect(server.calls.at(-1)?.sid).toBe(victim.sid)
})

it('the cookies that the adapter found count if there is no Cookie header', async () => {
  const server = createMockAuthServer()
  const ada = openBrowser(overWire(server))
  await ada.login()
  const cookies = { refresh_token: ada.cookie ?? '' }
  const request = { method: 'POST', url: `${base}/refresh`, cookies }

  await server.handle({ ...request, headers: [json, ['Cookie', 'a=b']] })
  expect(outcome(server)).toBe('no_cookie')
  await server.handle({ ...request, headers: [json] })
  expect(outcome(server)).toBe('rotated')
})
