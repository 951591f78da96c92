// Client rules by contract: other statuses, methods and paths change nothing about the rules.
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { createCaller, credentials } from '../contract/caller.ts'

const contract: AuthContract = {
  login: { path: '/session', tokens: { accessToken: 'token' } },
  refresh: { path: '/session', method: 'PUT', body: 'form', tokens: { accessToken: 'token' } },
  logout: { path: '/session', method: 'DELETE', accessToken: false },
  attach: { header: 'X-Token', scheme: '' },
  refusals: {
    accessToken: { status: 200, body: { code: 'EXPIRED' } },
    session: { status: 200, body: { code: 'OVER' } }
  }
}

async function signIn() {
  const caller = createCaller(contract)
  const { call, server } = caller
  let cookie = ''
  const keep = ({ setCookies, body }: Awaited<ReturnType<typeof call>>): string => {
    const [pair = ''] = setCookies[0]?.split(';') ?? []
    // A deleted cookie is kept, so that a test can present it again.
    if (/=./.test(pair)) cookie = pair
    return String((body as { token?: string } | undefined)?.token)
  }
  const held = { token: keep(await call('POST /session', { body: credentials })) }
  const send = async (method: string, body: object) =>
    keep(await call(`${method} /session`, { headers: { Cookie: cookie }, body }))
  return {
    ...caller,
    held,
    me: (token = held.token) => call('GET /me', { headers: { 'X-Token': token } }),
    refresh: () => send('PUT', new URLSearchParams()),
    leave: () => send('DELETE', {}),
    rules: () => server.violations.map(({ rule }) => rule)
  }
}

describe('a client of a backend with another contract', () => {
  it('breaks no rule in a whole session', async () => {
    const { me, refresh, leave, rules, outcomes, held } = await signIn()
    await me()
    held.token = await refresh()
    await me()
    await leave()
    expect(outcomes()).toEqual(['signed_in', 'accepted', 'rotated', 'accepted', 'signed_out'])
    expect(rules()).toEqual([])
  })

  it('breaks retry-storm with six refreshes that are refused with status 200', async () => {
    const { refresh, rules, server } = await signIn()
    server.endSessions()
    for (let time = 0; time < 6; time += 1) await refresh()
    expect(server.calls.at(-1)).toMatchObject({ status: 200, outcome: 'session_revoked' })
    expect(rules()).toEqual(['retry-storm'])
  })

  it('breaks retry-storm with refreshes for tokens that are refused with status 200', async () => {
    const { me, refresh, rules, server } = await signIn()
    for (let time = 0; time < 4; time += 1) {
      const token = await refresh()
      server.revokeAccessTokens()
      expect((await me(token)).body).toEqual({ code: 'EXPIRED' })
    }
    expect(rules()).toEqual(['retry-storm'])
  })

  it('breaks parallel-refresh with two refreshes at once', async () => {
    const { refresh, rules } = await signIn()
    await Promise.all([refresh(), refresh()])
    expect(rules()).toEqual(['parallel-refresh'])
  })

  it('breaks use-after-logout with a refresh after the sign-out', async () => {
    const { refresh, leave, rules } = await signIn()
    await leave()
    await refresh()
    expect(rules()).toEqual(['use-after-logout'])
  })

  it('breaks stale-access-token with the old token after a refresh', async () => {
    const { me, refresh, rules, advanceSeconds } = await signIn()
    await refresh()
    advanceSeconds(6)
    await me()
    expect(rules()).toEqual(['stale-access-token'])
  })

  it('breaks bearer-to-foreign-origin with the token in the header of the contract', async () => {
    const { held, rules, server } = await signIn()
    const url = 'https://evil.example/collect'
    const request = { method: 'GET', url, headers: [['X-Token', held.token]] as const }
    server.inspect(request, 'msw', 'http://localhost:4000')
    expect(rules()).toEqual(['bearer-to-foreign-origin'])
  })
})

describe('refresh-without-credentials', () => {
  const omitting = async (refresh: AuthContract['refresh']) => {
    const { server } = createCaller({ refresh })
    await server.fetch(
      new Request('http://localhost/refresh', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
        credentials: 'omit'
      })
    )
    return server.violations.map(({ rule }) => rule)
  }

  it.each<[AuthContract['refresh'], string[]]>([
    [{}, ['refresh-without-credentials']],
    [{ cookies: false }, []],
    [{ credential: 'refresh-token' }, []],
    [{ credential: 'access-token' }, []]
  ])('with the refresh %j, a request that omits cookies breaks %j', async (refresh, expected) => {
    expect(await omitting(refresh)).toEqual(expected)
  })
})
