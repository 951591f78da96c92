// Refresh by contract: the parts of the request, and the places of the tokens in its answer.
import { type AuthContract, createAuthClient } from 'everbearer'
import { describe, expect, it } from 'vitest'
import {
  backendOrigin,
  refreshContext,
  type SentAuthRequest,
  setUpBackend
} from '../support/setups/scripted-backend.ts'

const token = { access_token: 'access-2', expires_in: 300 }

/** Sends one refresh and returns the request. */
async function refreshOnce(
  contract: AuthContract,
  ...setup: [cookies?: Readonly<Record<string, string>>, pageUrl?: string]
): Promise<SentAuthRequest | undefined> {
  const backend = setUpBackend(contract, ...setup)
  const { refresh } = backend.tokenRequest
  backend.answer('/refresh', { body: token })
  await refresh(refreshContext())
  return backend.sent[0]
}

const byToken = { credential: 'refresh-token' } as const

describe('the refresh request', () => {
  it.each<[string, AuthContract, object]>([
    [
      'is a POST with a JSON body and cookies by default',
      {},
      {
        method: 'POST',
        url: `${backendOrigin}/refresh`,
        body: '{}',
        credentials: 'include',
        headers: { accept: 'application/json', 'content-type': 'application/json' }
      }
    ],
    [
      'has the method of the contract',
      { refresh: { method: 'PUT' } },
      { method: 'PUT', body: '{}' }
    ],
    [
      'has no body and no content type with GET',
      { refresh: { method: 'GET' } },
      { method: 'GET', body: undefined, headers: { accept: 'application/json' } }
    ],
    [
      'has constant fields in its JSON body',
      { refresh: { fields: { client_id: 'spa', mode: 1, remember: true } } },
      { body: '{"client_id":"spa","mode":1,"remember":true}' }
    ],
    [
      'has constant fields in its form',
      { refresh: { body: 'form', fields: { scope: 'a b', remember: true } } },
      {
        body: 'scope=a+b&remember=true',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded'
        }
      }
    ],
    [
      'has constant fields in its query without a body',
      { refresh: { path: '/refresh?a=1', body: 'none', fields: { client_id: 'spa' } } },
      { url: `${backendOrigin}/refresh?a=1&client_id=spa`, body: undefined }
    ],
    [
      'has constant headers, which replace the usual ones in any case',
      { refresh: { headers: { 'X-Key': '1', ACCEPT: 'text/plain' } } },
      {
        headers: { accept: 'text/plain', 'content-type': 'application/json', 'x-key': '1' }
      }
    ],
    [
      'sends no cookies with cookies: false',
      { refresh: { cookies: false } },
      { credentials: 'omit' }
    ],
    [
      'presents the refresh token as a field of its JSON body',
      { refresh: { ...byToken, refreshToken: 'refresh' } },
      { body: '{"refresh":"refresh-1"}' }
    ],
    [
      'presents the refresh token by the OAuth 2 form',
      { refresh: { ...byToken, body: 'form', fields: { grant_type: 'refresh_token' } } },
      { body: 'grant_type=refresh_token&refresh_token=refresh-1' }
    ],
    [
      'presents the refresh token as a header',
      { refresh: { ...byToken, refreshToken: { header: 'Authorization' } } },
      {
        body: '{}',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          authorization: 'Bearer refresh-1'
        }
      }
    ],
    [
      'presents the refresh token as a bare header of a GET',
      {
        refresh: { ...byToken, method: 'GET', refreshToken: { header: 'X-Refresh', scheme: '' } }
      },
      { body: undefined, headers: { accept: 'application/json', 'x-refresh': 'refresh-1' } }
    ],
    [
      'presents the access token as API requests carry it',
      { attach: { header: 'X-Auth', scheme: 'JWT' }, refresh: { credential: 'access-token' } },
      {
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-auth': 'JWT access-1'
        }
      }
    ],
    [
      'carries the idempotency key if the contract says always',
      { refresh: { idempotencyKey: 'always', body: 'none' } },
      { headers: { accept: 'application/json', 'idempotency-key': 'key-1' } }
    ]
  ])('%s', async (_, contract, expected) => {
    expect(await refreshOnce(contract)).toMatchObject(expected)
    const { headers } = expected as { readonly headers?: object }
    if (headers) expect((await refreshOnce(contract))?.headers).toEqual(headers)
  })

  it('repeats the CSRF cookie in its header, and leaves the header out without a cookie', async () => {
    const contract: AuthContract = {
      refresh: { csrf: { cookie: 'csrf_refresh_token', header: 'X-CSRF-TOKEN' } }
    }
    const withCookie = await refreshOnce(contract, { csrf_refresh_token: 'csrf-1' })
    expect(withCookie?.headers).toMatchObject({ 'x-csrf-token': 'csrf-1' })
    expect((await refreshOnce(contract))?.headers).not.toHaveProperty('x-csrf-token')
  })

  it('carries the idempotency key by default only on the page’s own origin', async () => {
    const own = await refreshOnce({}, {}, `${backendOrigin}/page`)
    expect(own?.headers).toMatchObject({ 'idempotency-key': 'key-1' })
    expect((await refreshOnce({}))?.headers).not.toHaveProperty('idempotency-key')
  })

  it.each<[string, AuthContract, { accessToken?: undefined; refreshToken?: undefined }]>([
    ['a refresh token', { refresh: byToken }, { refreshToken: undefined }],
    ['an access token', { refresh: { credential: 'access-token' } }, { accessToken: undefined }],
    ['an endpoint', { refresh: false }, {}]
  ])(
    'is not sent without %s to present, which means that no session exists',
    async (_, contract, held) => {
      const { tokenRequest, sent } = setUpBackend(contract)
      expect(await tokenRequest.refresh(refreshContext(held))).toMatchObject({
        kind: 'undecided',
        meansNoSession: true,
        error: { code: 'ERR_AUTH_NOT_AUTHENTICATED' }
      })
      expect(sent).toEqual([])
    }
  )

  it('outlives the page, except after a refresh without an answer and with a large body', async () => {
    const { tokenRequest, sent, answer } = setUpBackend({ refresh: byToken })
    answer(
      '/refresh',
      { body: token },
      'unreachable',
      'unreachable',
      { body: token },
      { body: token }
    )
    for (let time = 0; time < 5; time += 1) await tokenRequest.refresh(refreshContext())
    await tokenRequest.refresh(refreshContext({ refreshToken: 'r'.repeat(60_000) }))
    expect(sent.map(({ keepalive }) => keepalive)).toEqual([true, true, false, false, true, false])
  })
})

describe('the tokens of an answer', () => {
  it.each<[string, AuthContract, object | string, Readonly<Record<string, string>>]>([
    ['at the default names', {}, { access_token: 'a', refresh_token: 'r', expires_in: 60 }, {}],
    ['in camelCase', {}, { accessToken: 'a', refreshToken: 'r', expiresIn: 60 }, {}],
    [
      'at dotted paths, with a lifetime in milliseconds',
      {
        tokens: {
          accessToken: 'data.access_token',
          refreshToken: 'data.tokens.0',
          expiresIn: { at: 'data.expires', unit: 'ms' }
        }
      },
      { data: { access_token: 'a', expires: 60_000, tokens: ['r'] } },
      {}
    ],
    [
      'at the first path that is present',
      { tokens: { accessToken: ['jwt', 'token'], refreshToken: ['x', 'y'] } },
      { token: 'a', jwt: null, y: 'r', expires_in: 60 },
      {}
    ],
    [
      'in headers',
      {
        tokens: {
          accessToken: { header: 'Authorization' },
          refreshToken: { header: 'X-Refresh', scheme: '' }
        }
      },
      { expires_in: 60 },
      { Authorization: 'bearer a', 'X-Refresh': 'r' }
    ],
    [
      'with a path of its own for the refresh endpoint',
      {
        tokens: { accessToken: 'login', refreshToken: 'renewal' },
        refresh: { ...byToken, tokens: { accessToken: 'renewed' } }
      },
      { renewed: 'a', renewal: 'r', expires_in: 60 },
      {}
    ],
    [
      'by a function',
      {
        tokens: ({ status, headers, body, text }) => {
          const { jwt } = body as { jwt: string }
          const isWhole = status === 200 && text.includes('jwt')
          return {
            accessToken: isWhole ? jwt : '',
            refreshToken: headers.get('X-R') ?? undefined,
            expiresIn: '1m'
          }
        }
      },
      { jwt: 'a' },
      { 'X-R': 'r' }
    ]
  ])('are read %s', async (_, contract, body, headers) => {
    const { tokenRequest, answer } = setUpBackend({ refresh: byToken, ...contract })
    answer('/refresh', { body, headers })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      kind: 'issued',
      token: { accessToken: 'a', refreshToken: 'r', expiresInSeconds: 60 }
    })
  })

  it.each([
    ['plain text', ' 1|plain-token\n', 'text/plain'],
    ['plain text that the server labels as HTML', '1|plain-token', 'text/html; charset=UTF-8'],
    ['a JSON string', '"1|plain-token"', 'application/json']
  ])('are the whole body if the contract says text and it is %s', async (_, body, type) => {
    const { tokenRequest, answer } = setUpBackend({ tokens: { accessToken: { body: 'text' } } })
    answer('/refresh', { body, headers: { 'Content-Type': type } })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      kind: 'issued',
      token: { accessToken: '1|plain-token', answer: undefined }
    })
  })

  it.each([
    ['Bearer', 'Bearer a, Bearer b'],
    ['', 'a, b'],
    ['Bearer', 'Bearer a b']
  ])('are not found in a header that holds several (scheme %j)', async (scheme, value) => {
    const contract = { tokens: { accessToken: { header: 'X-Token', scheme } } }
    const { tokenRequest, answer } = setUpBackend(contract)
    answer('/refresh', { body: {}, headers: { 'X-Token': value } })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      kind: 'undecided',
      error: { code: 'ERR_AUTH_RESPONSE_MALFORMED' }
    })
  })

  it.each([['{"error":"x"}'], ['<b>x</b>'], ['a b'], ['']])(
    'are not found in a body that is not a token: %j',
    async (body) => {
      const { tokenRequest, answer } = setUpBackend({ tokens: { accessToken: { body: 'text' } } })
      answer('/refresh', { body })
      expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
        kind: 'undecided',
        error: { code: 'ERR_AUTH_RESPONSE_MALFORMED' }
      })
    }
  )

  it.each([
    ['a Sanctum token', '17|CKoyU0gXxUOHOPNRpuUeEWcnWX0kxuJvhaq0tYtd', true],
    ['64 KiB', 'a'.repeat(65_536), true],
    ['more than 64 KiB', 'a'.repeat(65_537), false],
    ['an empty text', '', false],
    ['a blank', 'a b', false],
    ['a line break', 'a\r\nb', false],
    ['a number', 5, false]
  ])('may be %s: %s', async (_, accessToken, isToken) => {
    const { tokenRequest, answer } = setUpBackend()
    answer('/refresh', { body: { access_token: accessToken, token_type: 'Custom' } })
    const { kind } = await tokenRequest.refresh(refreshContext())
    expect(kind).toBe(isToken ? 'issued' : 'undecided')
  })

  it('drop the refresh token if the contract does not present it', async () => {
    const { tokenRequest, answer } = setUpBackend()
    answer('/refresh', { body: { ...token, refresh_token: 'r' } })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      token: { refreshToken: undefined, answer: { expires_in: 300 } }
    })
  })

  it('leave the rest of the body as the answer, without any copy of a token', async () => {
    const { tokenRequest, answer } = setUpBackend()
    const accessToken = 'a-token-of-some-length'
    const body = {
      access_token: accessToken,
      refresh_token: 'r',
      copies: [`Bearer ${accessToken}`, { deep: accessToken }],
      user: { id: 7, name: 'Ada' }
    }
    answer('/refresh', { body, headers: { Date: 'Thu, 01 Jan 2026 00:00:30 GMT' } })
    const answered = await tokenRequest.refresh(refreshContext())
    expect(answered).toMatchObject({
      kind: 'issued',
      token: {
        serverNowMs: Date.parse('2026-01-01T00:00:30Z'),
        answer: { copies: [null, {}], user: { id: 7, name: 'Ada' } }
      }
    })
    expect(JSON.stringify(answered).split(accessToken)).toHaveLength(2)
  })

  it('are read from a response that a fetch of Node’s streams returns', async () => {
    const response = new Response(JSON.stringify(token), { status: 200 })
    Object.defineProperty(response, 'body', { value: { pipe() {} } })
    const auth = createAuthClient({
      baseURL: backendOrigin,
      restore: 'never',
      platform: { fetch: async () => response }
    })
    await auth.login({})
    expect(await auth.getAccessToken()).toBe('access-2')
    auth.dispose()
  })

  it('are not read from a body of more than 1 MiB, which is not read to its end', async () => {
    const { tokenRequest, answer } = setUpBackend()
    answer('/refresh', { body: { ...token, filler: 'x'.repeat(1_048_576) } })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({ kind: 'undecided' })
    answer('/refresh', { body: { ...token, filler: 'x'.repeat(1_040_000) } })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({ kind: 'issued' })
  })

  it('count as malformed if the function that reads them throws, without its message', async () => {
    const { tokenRequest, answer } = setUpBackend({
      tokens: () => {
        throw new Error('secret-canary')
      }
    })
    answer('/refresh', { body: token })
    const answered = await tokenRequest.refresh(refreshContext())
    expect(answered).toMatchObject({ error: { code: 'ERR_AUTH_RESPONSE_MALFORMED' } })
    expect(String((answered as { error?: Error }).error)).not.toContain('secret-canary')
  })
})

describe('the result of a function', () => {
  const tokens = { accessToken: 'data.jwt', expiresIn: { at: 'ttl', unit: 'ms' } } as const

  it.each([
    ['at the paths of the contract', { data: { jwt: 'a' }, ttl: 60_000, refresh_token: 'r' }],
    ['at the default names', { access_token: 'a', expires_in: 60, refreshToken: 'r' }],
    ['with a duration', { accessToken: 'a', expiresIn: '1m', refreshToken: 'r' }]
  ])('is read %s', async (_, result) => {
    const { tokenRequest, sent } = setUpBackend({ tokens, refresh: async () => result })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      kind: 'issued',
      token: { accessToken: 'a', refreshToken: 'r', expiresInSeconds: 60, serverNowMs: undefined }
    })
    expect(tokenRequest.readResult(result, 'It')).toMatchObject({ accessToken: 'a' })
    expect(sent).toEqual([])
  })

  it('may be a cyclic object, which leaves no answer', async () => {
    const result: Record<string, unknown> = { access_token: 'a' }
    result.self = result
    const { tokenRequest } = setUpBackend({ refresh: async () => result })
    expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
      kind: 'issued',
      token: { accessToken: 'a', answer: undefined }
    })
  })
})
