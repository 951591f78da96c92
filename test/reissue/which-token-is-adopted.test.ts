// I3: a re-issued token replaces ours only if it is newer, of our session and of a trusted origin.

import { AxiosHeaders } from 'axios'
import { describe, expect, it } from 'vitest'
import { refuseReissue } from '../../src/session/adoption.ts'
import type { HeldToken, ReceivedToken } from '../../src/session/held-token.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

describe('the decision about a re-issued token', () => {
  const base = { kid: 'a', sub: 'u1', sid: 's1', iat: 1000, exp: 1300 }

  function held(
    claims: Partial<typeof base> | 'opaque' = {},
    generation = 1,
    epoch = 0
  ): HeldToken {
    return { ...token('held', claims), refreshAt: undefined, generation, epoch }
  }

  function token(accessToken: string, claims: Partial<typeof base> | 'opaque' = {}): ReceivedToken {
    const merged =
      claims === 'opaque' ? undefined : { ...base, ...claims, payload: { ...base, ...claims } }
    const receivedAt = { wallMs: 0, monotonicMs: 0 }
    return {
      accessToken,
      refreshToken: undefined,
      claims: merged,
      refreshTokenAt: receivedAt,
      receivedAt,
      lifetimeSeconds: merged && merged.exp - merged.iat,
      userId: merged?.sub,
      profile: undefined
    }
  }

  const cases: readonly {
    readonly name: string
    readonly current?: HeldToken | undefined
    readonly candidate: ReceivedToken
    readonly carried?: HeldToken
    readonly epoch?: number
    readonly past?: string
    readonly refusal: string | undefined
  }[] = [
    { name: 'a newer iat', candidate: token('b', { iat: 1001, exp: 1301 }), refusal: undefined },
    { name: 'an older iat', candidate: token('b', { iat: 999, exp: 1400 }), refusal: 'not-newer' },
    {
      name: 'the same iat and a later exp',
      candidate: token('b', { exp: 1301 }),
      refusal: undefined
    },
    {
      name: 'the same iat and an earlier exp',
      candidate: token('b', { exp: 1299 }),
      refusal: 'not-newer'
    },
    {
      name: 'equal times in response to the current token',
      candidate: token('b'),
      refusal: undefined
    },
    {
      name: 'equal times in response to an earlier token',
      current: held({}, 2),
      carried: held({}, 1),
      candidate: token('b'),
      refusal: 'not-newer'
    },
    {
      name: 'equal times and a value that was held before',
      candidate: token('b'),
      past: 'b',
      refusal: 'not-newer'
    },
    {
      name: 'an opaque token in response to the current token',
      current: held('opaque'),
      candidate: token('b', 'opaque'),
      refusal: undefined
    },
    {
      name: 'an opaque token in response to an earlier token',
      current: held('opaque', 2),
      carried: held('opaque', 1),
      candidate: token('b', 'opaque'),
      refusal: 'not-newer'
    },
    {
      name: 'an opaque token that was held before',
      current: held('opaque'),
      candidate: token('b', 'opaque'),
      past: 'b',
      refusal: 'not-newer'
    },
    {
      name: 'another subject',
      candidate: token('b', { iat: 2000, exp: 2300, sub: 'u2' }),
      refusal: 'other-subject'
    },
    {
      name: 'another session',
      candidate: token('b', { iat: 2000, exp: 2300, sid: 's2' }),
      refusal: 'other-subject'
    },
    {
      name: 'no lifetime left',
      candidate: token('b', { iat: 2000, exp: 2000 }),
      refusal: 'expired'
    },
    {
      name: 'a response to an earlier session',
      epoch: 1,
      candidate: token('b', { iat: 2000, exp: 2300 }),
      refusal: 'other-session'
    },
    {
      name: 'a response after the sign-out',
      current: undefined,
      candidate: token('b', { iat: 2000, exp: 2300 }),
      refusal: 'other-session'
    }
  ]

  it.each(cases)('$name: $refusal', (row) => {
    const current = 'current' in row ? row.current : held()
    const session = {
      epoch: () => row.epoch ?? 0,
      held: () => current,
      everHeld: (accessToken: string) => accessToken === row.past
    }
    expect(refuseReissue(row.candidate, row.carried ?? held(), session)).toBe(row.refusal)
  })
})

it('keeps the newer token when responses arrive out of order', async () => {
  const { auth, server, browser, clock, callsTo } = setUpClient()
  await auth.login(ada)
  server.rotateKey()
  const gate = browser.hold('/me')
  const slow = auth.axios.get('/me')
  await gate.arrived(1)
  clock.tick(2_000)
  await auth.refresh()
  const refreshed = await auth.getAccessToken()
  gate.release()
  await slow
  expect(callsTo('me')[0]).toMatchObject({ reissued: true })
  expect(await auth.getAccessToken()).toBe(refreshed)
})

it('adopts one of many tokens that are re-issued at the same time', async () => {
  const { auth, server, callsTo, eventNames } = setUpClient()
  await auth.login(ada)
  server.rotateKey()
  await Promise.all(Array.from({ length: 20 }, () => auth.axios.get('/me')))
  expect(eventNames().filter((name) => name === 'reissued')).toHaveLength(1)
  expect(callsTo('refresh')).toHaveLength(0)
  server.retireKey()
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('keeps the planned refresh time when it adopts, so that clients do not synchronise', async () => {
  const { auth, server, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  clock.tick(200_000)
  server.rotateKey()
  await auth.axios.get('/me')
  clock.tick(39_999)
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  clock.tick(1)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

const evil = 'https://evil.example'

it.each([
  ['another origin after a redirect', 200, `${evil}/me`, 'untrusted-origin'],
  ['a sub-domain', 200, 'https://x.api.app.example/me', 'untrusted-origin'],
  ['plain http', 200, 'http://api.app.example/me', 'untrusted-origin'],
  ['an adapter that hides the URL', 200, undefined, 'untrusted-origin'],
  ['a 401', 401, `${apiOrigin}/me`, 'refused-request']
])('does not adopt from %s', async (_, status, responseURL, refusal) => {
  const { auth, events } = setUpClient()
  await auth.login(ada)
  const before = await auth.getAccessToken()
  const answer = auth.axios.get('/me', {
    adapter: async (config) => ({
      status,
      statusText: '',
      headers: new AxiosHeaders({ Authorization: `Bearer ${forge({ iat: 9e9, exp: 9e9 + 300 })}` }),
      data: {},
      config,
      request: responseURL === undefined ? {} : { responseURL }
    })
  })
  await answer
  const after = await auth.getAccessToken()
  // A 401 causes a refresh. The token from the header is never adopted.
  expect(after === before || status === 401).toBe(true)
  expect(events).toContainEqual({ name: 'reissue-refused', event: { refusal } })
})

it.each([
  ['two credentials', (token: string) => `Bearer ${token}, Bearer ${token}`],
  ['another scheme', (token: string) => `Basic ${token}`],
  ['no scheme', (token: string) => token],
  ['a line break', (token: string) => `Bearer ${token}\r\nX-Evil: 1`],
  ['no credential', () => 'Bearer '],
  ['9000 characters', () => `Bearer ${'a'.repeat(9000)}`]
])('refuses a header with %s as malformed', async (_, toHeader) => {
  const { auth, events } = setUpClient()
  await auth.login(ada)
  const before = await auth.getAccessToken()
  const value = toHeader(forge({ iat: 9e9, exp: 9e9 + 300 }))
  await auth.axios.get('/me', {
    adapter: async (config) => ({
      status: 200,
      statusText: '',
      headers: Object.assign(new AxiosHeaders(), { Authorization: value }),
      data: {},
      config,
      request: { responseURL: `${apiOrigin}/me` }
    })
  })
  expect(await auth.getAccessToken()).toBe(before)
  expect(events).toContainEqual({ name: 'reissue-refused', event: { refusal: 'malformed' } })
})

function forge(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`.concat('c2ln')
}
