// axios-cache-interceptor: a cache above the client, which does not see the tokens.
import { buildKeyGenerator, type CacheOptions, setupCache } from 'axios-cache-interceptor'
import { expect, it } from 'vitest'
import { json, routes, setUpServer } from '../support/setups/hand-written-server.ts'

const fresh = { 'Cache-Control': 'max-age=300' }

const refreshed = () => json(200, { access_token: 'ada-2' })

interface ServerOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: CacheOptions
  readonly refresh?: () => Response
}

/** Each user has one token, and `/me` answers with the token that it received. */
async function setUp({ headers = fresh, cache, refresh = refreshed }: ServerOptions = {}) {
  const setup = setUpServer(
    routes({
      'POST /login': ({ fields }) => json(200, { access_token: fields.user }),
      'POST /logout': () => json(200, {}),
      'POST /refresh': refresh,
      'GET /me': ({ token }) =>
        token === 'revoked' ? json(401, {}) : json(200, { user: token ?? 'nobody' }, headers)
    })
  )
  const { auth, sentTo } = setup
  const api = setupCache(auth.axios, cache)
  const signIn = (user: string) => auth.login({ user })
  const me = async () => (await api.get('/me')).data.user
  return { ...setup, api, signIn, me, requests: () => sentTo('/me').length }
}

it('stores the answer to a replayed request, and shares it among concurrent ones', async () => {
  const { signIn, me, requests, sentTo } = await setUp()
  await signIn('revoked')
  expect(await Promise.all([me(), me(), me()])).toEqual(Array(3).fill('ada-2'))
  expect(await me()).toBe('ada-2')
  expect(sentTo('/refresh')).toHaveLength(1)
  expect(requests()).toBe(2)
})

it('rejects all requests that wait for one answer if the refresh fails, and asks again later', async () => {
  const { auth, signIn, me } = await setUp({ refresh: () => json(503, {}) })
  await signIn('revoked')
  const failed = { reason: { code: 'ERR_AUTH_SERVER_ERROR', config: { url: '/me' } } }
  expect(await Promise.allSettled([me(), me()])).toMatchObject([failed, failed])
  expect(await Promise.allSettled([me()])).toMatchObject([failed])
  await auth.logout()
  expect(await me()).toBe('nobody')
})

it.each([['Authorization'], ['Accept, authorization'], ['*']])(
  'never answers a user with an answer to another one that has `Vary: %s`',
  async (vary) => {
    const { auth, signIn, me } = await setUp({ headers: { ...fresh, Vary: vary, ETag: '"1"' } })
    await signIn('ada')
    expect(await me()).toBe('ada')
    await auth.logout()
    expect(await me()).toBe('nobody')
    await signIn('grace')
    expect(await me()).toBe('grace')
  }
)

it('still answers from the cache if the answer varies with a header that the cache sees', async () => {
  const { signIn, me, requests } = await setUp({ headers: { ...fresh, Vary: 'Accept' } })
  await signIn('ada')
  expect([await me(), await me()]).toEqual(['ada', 'ada'])
  expect(requests()).toBe(1)
})

it.each([
  ['without Vary', fresh, true],
  [
    'with `Vary: Authorization` and the option `vary: false`',
    { ...fresh, Vary: 'Authorization' },
    false
  ]
])('separates users by a key with the session, %s', async (_, headers, vary) => {
  let session = 0
  const generateKey = buildKeyGenerator(({ baseURL, url, method, params, data }, meta) => ({
    session,
    ...{ baseURL, url, method, params, data, ...meta }
  }))
  const { auth, signIn, me, requests } = await setUp({ headers, cache: { generateKey, vary } })
  for (const name of ['signed-in', 'signed-out'] as const) {
    auth.on(name, () => {
      session += 1
    })
  }
  await signIn('ada')
  expect([await me(), await me()]).toEqual(['ada', 'ada'])
  await auth.logout()
  expect([await me(), await me()]).toEqual(['nobody', 'nobody'])
  await signIn('grace')
  expect([await me(), await me()]).toEqual(['grace', 'grace'])
  expect(requests()).toBe(3)
})
