// Sign-out by contract: the request, the answers that confirm it, and the repetition with a new
// access token.
import type { AnswerRules, AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import {
  backendOrigin,
  refreshTimeoutMs,
  setUpBackend
} from '../support/setups/scripted-backend.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { uncaughtErrors } from '../support/uncaught-errors.ts'

const { signal } = new AbortController()
const held = { accessToken: 'access-1', refreshToken: 'refresh-1' }
const byToken = { credential: 'refresh-token' } as const
const ok = { status: 204 }

describe('the logout request', () => {
  it.each<[string, AuthContract, object, string | undefined]>([
    [
      'is a POST with the access token and cookies by default',
      {},
      { method: 'POST', url: `${backendOrigin}/logout`, body: '{}', credentials: 'include' },
      'Bearer access-1'
    ],
    [
      'has the method and path of the contract',
      { logout: { method: 'DELETE', path: '/auth/session', body: 'none' } },
      { method: 'DELETE', url: `${backendOrigin}/auth/session`, body: undefined },
      'Bearer access-1'
    ],
    [
      'carries no access token with accessToken: false',
      { logout: { accessToken: false } },
      {},
      undefined
    ],
    [
      'carries no access token to an untrusted origin',
      { logout: 'https://elsewhere.example/logout' },
      { url: 'https://elsewhere.example/logout' },
      undefined
    ],
    [
      'presents the refresh token as the refresh does',
      { refresh: { ...byToken, refreshToken: 'rt' } },
      { body: '{"rt":"refresh-1"}' },
      'Bearer access-1'
    ],
    [
      'presents the refresh token in its own way',
      { refresh: byToken, logout: { body: 'form', refreshToken: 'token' } },
      { body: 'token=refresh-1' },
      'Bearer access-1'
    ],
    [
      'presents no refresh token with refreshToken: false',
      { refresh: byToken, logout: { refreshToken: false } },
      { body: '{}' },
      'Bearer access-1'
    ],
    [
      'leaves the header to the access token if the refresh token has the same one',
      { refresh: { ...byToken, refreshToken: { header: 'authorization' } } },
      { body: '{}' },
      'Bearer access-1'
    ],
    [
      'presents the refresh token in that header without the access token',
      {
        refresh: { ...byToken, refreshToken: { header: 'Authorization' } },
        logout: { accessToken: false }
      },
      {},
      'Bearer refresh-1'
    ]
  ])('%s', async (_, contract, expected, authorization) => {
    const { tokenRequest, sent, answer } = setUpBackend(contract)
    for (const path of ['/logout', '/auth/session']) answer(path, ok)
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent).toMatchObject([expected])
    expect(sent[0]?.headers.authorization).toBe(authorization)
  })

  it('is repeated once at once, without keepalive, if it got no answer', async () => {
    const { tokenRequest, sent, answer } = setUpBackend()
    answer('/logout', 'unreachable', ok)
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent.map(({ keepalive }) => keepalive)).toEqual([true, false])
    answer('/logout', 'unreachable', 'unreachable', ok)
    expect(await tokenRequest.logout(held, signal)).toEqual({
      kind: 'unconfirmed',
      credential: held
    })
    expect(sent).toHaveLength(4)
  })

  const elsewhere = 'https://elsewhere.example/logout'

  it('is not sent to another origin with the refresh token by default', async () => {
    const { tokenRequest, sent } = setUpBackend({ refresh: byToken, logout: elsewhere })
    expect((await tokenRequest.logout(held, signal)).kind).toBe('unconfirmed')
    expect(sent).toEqual([])
  })

  it.each<[string, AuthContract]>([
    ['the contract says how', { logout: { path: elsewhere, refreshToken: 'refresh_token' } }],
    [
      'the refresh goes there too',
      { refresh: { ...byToken, path: 'https://elsewhere.example/refresh' }, logout: elsewhere }
    ]
  ])('presents the refresh token to another origin if %s', async (_, contract) => {
    const { tokenRequest, sent, answer } = setUpBackend({ refresh: byToken, ...contract })
    answer('/logout', ok)
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent[0]?.body).toBe('{"refresh_token":"refresh-1"}')
  })

  it.each<[string, AuthContract]>([
    ['a refresh token', { refresh: byToken }],
    ['an access token', { refresh: { credential: 'access-token' } }],
    ['a request without cookies', { refresh: false, logout: { cookies: false } }]
  ])('is not sent without a token if the session is identified by %s', async (_, contract) => {
    const { tokenRequest, sent } = setUpBackend(contract)
    expect(await tokenRequest.logout(undefined, signal)).toEqual({
      kind: 'unconfirmed',
      credential: undefined
    })
    expect(sent).toEqual([])
  })

  it('is not sent, and counts as confirmed, if the backend has no logout endpoint', async () => {
    const { tokenRequest, sent } = setUpBackend({ logout: false })
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent).toEqual([])
  })
})

describe('the answer to a logout', () => {
  it.each<[string, AnswerRules | undefined, number, unknown, boolean]>([
    ['200 confirms', undefined, 200, {}, true],
    ['204 confirms', undefined, 204, undefined, true],
    ['200 with HTML does not confirm', undefined, 200, '<html>', false],
    ['404 does not confirm', undefined, 404, {}, false],
    ['500 does not confirm', undefined, 500, {}, false],
    ['a status of the contract confirms', 410, 410, {}, true],
    ['another status than the contract names does not confirm', 204, 200, {}, false],
    ['a body of the contract confirms', { body: { success: true } }, 200, { success: true }, true],
    ['another body does not confirm', { body: { success: true } }, 200, { success: false }, false],
    ['a function decides', ({ status }) => status === 405, 405, {}, true]
  ])('%s', async (_, confirmedBy, status, body, isConfirmed) => {
    const { tokenRequest, answer } = setUpBackend({ logout: { confirmedBy } })
    answer('/logout', { status, body })
    const { kind } = await tokenRequest.logout(held, signal)
    expect(kind).toBe(isConfirmed ? 'confirmed' : 'unconfirmed')
  })
})

describe.each([401, 403])('a logout that refuses the access token with %d', (status) => {
  const paths = (sent: readonly { readonly url: string }[]) =>
    sent.map(({ url }) => new URL(url).pathname)

  it('is repeated once with a refreshed token', async () => {
    const { tokenRequest, sent, answer } = setUpBackend()
    answer('/logout', { status }, ok)
    answer('/refresh', { body: { access_token: 'access-2' } })
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(paths(sent)).toEqual(['/logout', '/refresh', '/logout'])
    expect(sent[2]?.headers.authorization).toBe('Bearer access-2')
  })

  it('is repeated with a refreshed token if the page holds none', async () => {
    const { tokenRequest, sent, answer } = setUpBackend()
    answer('/logout', { status }, ok)
    answer('/refresh', { body: { access_token: 'access-2' } })
    expect(await tokenRequest.logout(undefined, signal)).toEqual({ kind: 'confirmed' })
    expect(sent.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      undefined,
      'Bearer access-2'
    ])
  })

  it('is confirmed if the refresh is rejected, because the session has ended', async () => {
    const { tokenRequest, sent, answer } = setUpBackend()
    answer('/logout', { status })
    answer('/refresh', { status: 401 })
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(paths(sent)).toEqual(['/logout', '/refresh'])
  })

  it('is not confirmed if the refresh decides nothing', async () => {
    const { tokenRequest, answer } = setUpBackend()
    answer('/logout', { status })
    answer('/refresh', { status: 503 })
    expect(await tokenRequest.logout(held, signal)).toEqual({
      kind: 'unconfirmed',
      credential: held
    })
  })

  it('returns the rotated credential if the repetition is not confirmed either', async () => {
    const { tokenRequest, sent, answer } = setUpBackend({ refresh: byToken })
    answer('/logout', { status }, { status })
    answer('/refresh', { body: { access_token: 'access-2', refresh_token: 'refresh-2' } })
    expect(await tokenRequest.logout(held, signal)).toEqual({
      kind: 'unconfirmed',
      credential: { accessToken: 'access-2', refreshToken: 'refresh-2' }
    })
    expect(paths(sent)).toEqual(['/logout', '/refresh', '/logout'])
    expect(sent.map(({ body }) => body)).toEqual([
      '{"refresh_token":"refresh-1"}',
      '{"refresh_token":"refresh-1"}',
      '{"refresh_token":"refresh-2"}'
    ])
  })

  it.each<[string, AuthContract]>([
    ['the backend has no refresh endpoint', { refresh: false }],
    ['the logout carries no access token', { logout: { accessToken: false } }],
    ['the logout is on an untrusted origin', { logout: 'https://elsewhere.example/logout' }]
  ])('is not repeated if %s', async (_, contract) => {
    const { tokenRequest, sent, answer } = setUpBackend(contract)
    answer('/logout', { status })
    expect((await tokenRequest.logout(held, signal)).kind).toBe('unconfirmed')
    expect(sent).toHaveLength(1)
  })

  it('is confirmed at once if the contract says so', async () => {
    const { tokenRequest, sent, answer } = setUpBackend({ logout: { confirmedBy: [204, status] } })
    answer('/logout', { status })
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent).toHaveLength(1)
  })
})

describe('a 2xx that refuses the access token by the rules of the contract', () => {
  const expired = { status: 200, body: { errors: [{ code: 'TOKEN_EXPIRED' }] } }
  const accessToken = [401, { status: 200, body: { 'errors.0.code': 'TOKEN_EXPIRED' } }]
  const paths = (sent: readonly { readonly url: string }[]) =>
    sent.map(({ url }) => new URL(url).pathname)

  it.each<[string, AnswerRules | undefined, object]>([
    ['the default', undefined, { data: {} }],
    ['a confirmedBy that does not match it', { body: { 'data.ok': true } }, { data: { ok: true } }]
  ])('is not confirmed by %s, and is repeated with a new token', async (_, confirmedBy, body) => {
    const { tokenRequest, sent, answer } = setUpBackend({
      refusals: { accessToken },
      logout: { confirmedBy }
    })
    answer('/logout', expired, { body })
    answer('/refresh', { body: { access_token: 'access-2' } })
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(paths(sent)).toEqual(['/logout', '/refresh', '/logout'])
    expect(sent[2]?.headers.authorization).toBe('Bearer access-2')
  })

  it('is not confirmed if the new token is refused too', async () => {
    const { tokenRequest, answer } = setUpBackend({ refusals: { accessToken } })
    answer('/logout', expired, expired)
    answer('/refresh', { body: { access_token: 'access-2' } })
    expect((await tokenRequest.logout(held, signal)).kind).toBe('unconfirmed')
  })

  it('is not confirmed if the logout carries no access token', async () => {
    const { tokenRequest, sent, answer } = setUpBackend({
      refusals: { accessToken },
      logout: { accessToken: false }
    })
    answer('/logout', expired)
    expect((await tokenRequest.logout(held, signal)).kind).toBe('unconfirmed')
    expect(sent).toHaveLength(1)
  })

  it('is confirmed by a rule of confirmedBy that matches it', async () => {
    const { tokenRequest, sent, answer } = setUpBackend({
      refusals: { accessToken },
      logout: { confirmedBy: 200 }
    })
    answer('/logout', expired)
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent).toHaveLength(1)
  })

  it('is confirmed if refusals.unrelated says that it is not about the token', async () => {
    const unrelated = { body: { 'errors.0.code': 'TOKEN_EXPIRED' } }
    const { tokenRequest, sent, answer } = setUpBackend({ refusals: { accessToken, unrelated } })
    answer('/logout', expired)
    expect(await tokenRequest.logout(held, signal)).toEqual({ kind: 'confirmed' })
    expect(sent).toHaveLength(1)
  })

  it('leaves the decision to the default if its function does not settle in time', async () => {
    const { tokenRequest, answer, tick } = setUpBackend({
      refusals: { accessToken: () => new Promise(() => {}) }
    })
    const errors = uncaughtErrors()
    answer('/logout', { status: 200, body: {} })
    const signingOut = tokenRequest.logout(held, signal)
    await new Promise((resolve) => setImmediate(resolve))
    tick(refreshTimeoutMs)
    expect((await signingOut).kind).toBe('confirmed')
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toMatchObject([{ code: 'ERR_AUTH_TIMEOUT' }])
  })
})

describe('a logout function of the contract', () => {
  it.each<[string, () => Promise<unknown>, boolean]>([
    ['confirms if it returns', async () => undefined, true],
    ['does not confirm if it returns false', async () => false, false],
    ['does not confirm if it throws', () => Promise.reject(new Error('in the app')), false]
  ])('%s', async (_, logout, isConfirmed) => {
    const seen: unknown[] = []
    const { tokenRequest, sent } = setUpBackend({
      logout(context) {
        seen.push(context)
        return logout()
      }
    })
    const { kind } = await tokenRequest.logout(held, signal)
    expect(kind).toBe(isConfirmed ? 'confirmed' : 'unconfirmed')
    expect(seen).toEqual([{ ...held, signal }])
    expect(sent).toEqual([])
  })

  it('does not confirm if it does not settle in time', async () => {
    const { auth, clock, idle } = setUpClient({
      contract: { logout: () => new Promise(() => {}) }
    })
    await auth.login(ada)
    const signingOut = auth.logout()
    await idle()
    clock.tick(10_000)
    expect(await signingOut).toEqual({ confirmed: false })
    // The next sign-in waits until the sign-out is given up.
    const signingIn = auth.login(ada)
    clock.tick(5_000)
    await signingIn
    expect(auth.getState().status).toBe('authenticated')
  })
})
