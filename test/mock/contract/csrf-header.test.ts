// CSRF header by contract: the readable cookie, and the requests that must repeat it.
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { createCaller, credentials } from './caller.ts'

const csrf = { cookie: 'csrf_refresh', header: 'X-CSRF-TOKEN' }
const everywhere: AuthContract = { login: { csrf }, refresh: { csrf }, logout: { csrf } }

async function signIn(contract: AuthContract = everywhere, base = {}) {
  const caller = createCaller(contract, base)
  const { setCookies } = await caller.call('POST /login', { body: credentials })
  const [refresh = '', value = ''] = setCookies.map(
    (line) => /^[^=]+=([^;]*)/.exec(line)?.[1] ?? ''
  )
  return { ...caller, setCookies, refresh, value }
}

describe('the CSRF cookie', () => {
  it('is readable, and otherwise like the refresh cookie', async () => {
    const { setCookies } = await signIn(everywhere, { cookie: { path: '/refresh' } })
    expect(setCookies[1]).toMatch(
      /^csrf_refresh=[\w-]{32}; Max-Age=604800; Path=\/; SameSite=Strict$/
    )
    expect(setCookies[0]).toContain('HttpOnly')
  })

  it('keeps its value in a session, and has a new one in the next session', async () => {
    const { call, value, refresh } = await signIn()
    const headers = {
      Cookie: `refresh_token=${refresh}; csrf_refresh=${value}`,
      'X-CSRF-TOKEN': value
    }
    const refreshed = await call('POST /refresh', { headers, body: {} })
    const again = await call('POST /login', { body: credentials })
    expect(refreshed.setCookies[1]).toContain(`csrf_refresh=${value};`)
    expect(again.setCookies[1]).not.toContain(value)
  })

  it('is deleted with the session', async () => {
    const { call, value, refresh } = await signIn()
    const headers = {
      Cookie: `refresh_token=${refresh}; csrf_refresh=${value}`,
      'X-CSRF-TOKEN': value
    }
    const { setCookies } = await call('POST /logout', { headers, body: {} })
    expect(setCookies.map((line) => line.split('; ').slice(0, 2))).toEqual([
      ['refresh_token=', 'Max-Age=0'],
      ['csrf_refresh=', 'Max-Age=0']
    ])
  })

  it('is set once per name, also by endpoints that do not check it', async () => {
    const { setCookies } = await signIn({
      refresh: { csrf },
      logout: { csrf: { cookie: 'csrf_logout', header: 'X-CSRF-TOKEN' } }
    })
    expect(setCookies.map((line) => line.split('=')[0])).toEqual([
      'refresh_token',
      'csrf_refresh',
      'csrf_logout'
    ])
  })

  it('comes with signIn() too', async () => {
    const { server } = createCaller(everywhere)
    expect((await server.signIn()).csrfCookies).toEqual([expect.stringMatching(/^csrf_refresh=./)])
    expect((await createCaller({}).server.signIn()).csrfCookies).toEqual([])
  })

  it('is missing if the contract has no check', async () => {
    expect((await signIn({})).setCookies).toHaveLength(1)
  })
})

describe('the CSRF check', () => {
  const cookies = 'refresh_token=REFRESH; csrf_refresh=CSRF'
  it.each([
    ['refresh', { Cookie: cookies, 'X-CSRF-TOKEN': 'CSRF' }, 'rotated'],
    ['refresh', { Cookie: cookies }, 'csrf_mismatch'],
    ['refresh', { Cookie: cookies, 'X-CSRF-TOKEN': 'other' }, 'csrf_mismatch'],
    ['refresh', { Cookie: cookies, 'X-CSRF-TOKEN': '' }, 'csrf_mismatch'],
    ['refresh', { Cookie: 'refresh_token=REFRESH', 'X-CSRF-TOKEN': 'CSRF' }, 'csrf_mismatch'],
    ['refresh', { Cookie: 'csrf_refresh=CSRF', 'X-CSRF-TOKEN': 'CSRF' }, 'no_cookie'],
    ['refresh', {}, 'no_cookie'],
    ['logout', { Cookie: cookies, 'X-CSRF-TOKEN': 'CSRF' }, 'signed_out'],
    ['logout', { Cookie: cookies }, 'csrf_mismatch'],
    ['logout', {}, 'signed_out'],
    ['login', {}, 'signed_in'],
    ['login', { Cookie: 'refresh_token=REFRESH' }, 'signed_in'],
    ['login', { Cookie: cookies, 'X-CSRF-TOKEN': 'CSRF' }, 'signed_in'],
    ['login', { Cookie: cookies }, 'csrf_mismatch']
  ])('of a %s with %j ends with %s', async (endpoint, template, expected) => {
    const { call, server, value, refresh } = await signIn()
    const headers = Object.fromEntries(
      Object.entries(template).map(([name, text]) => [
        name,
        text.replace('REFRESH', refresh).replace('CSRF', value)
      ])
    )
    const heard: unknown[] = []
    server.on('request-forged', ({ route }) => heard.push(route))
    const body = endpoint === 'login' ? credentials : {}
    const answer = await call(`POST /${endpoint}`, { headers, body })
    const isRefused = expected === 'csrf_mismatch'
    expect(server.calls.at(-1)?.outcome).toBe(expected)
    expect(answer.status === 403).toBe(isRefused)
    expect(heard).toEqual(isRefused ? [endpoint] : [])
    // A refused request changes nothing.
    expect(server.sessions.length === 1 || !isRefused).toBe(true)
  })

  it('of a server without refresh cookies needs the header only with the cookie', async () => {
    const refresh = { csrf, credential: 'refresh-token' } as const
    const { call, outcomes, server } = createCaller({ refresh })
    const { refreshToken: refresh_token } = await server.signIn()
    await call('POST /refresh', { headers: { Cookie: 'csrf_refresh=a' }, body: { refresh_token } })
    await call('POST /refresh', { body: { refresh_token } })
    expect(outcomes()).toEqual(['csrf_mismatch', 'rotated'])
  })
})
