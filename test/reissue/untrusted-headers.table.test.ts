// I3: a re-issued token counts only from a trusted server, for our request, and if it is newer.
import { describe, expect, it } from 'vitest'
import type { Site } from '../support/setups/internet.ts'
import {
  ada,
  evilOrigin,
  forge,
  grace,
  headerOf,
  ownOrigin,
  redirect,
  respond,
  setUpOrigins,
  tokensIn,
  type WatchedClient
} from '../support/setups/trusted-and-foreign-origins.ts'
import { type Transport, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'
import { createCachingProxy, type Upstream } from './caching-proxy.ts'

const origins = setUpOrigins()

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

async function signIn(user = ada) {
  const client = origins.createClient()
  await client.auth.login(user)
  return { ...client, token: await client.auth.getAccessToken() }
}

const refusals = ({ events }: WatchedClient) =>
  events.filter(({ name }) => name === 'reissue-refused').map(({ event }) => event)

const refusedAs = (refusal: string) => ({ refusal })

const foreign: readonly {
  readonly path: string
  readonly url: string
  readonly evilStatus: number
  /** Whether the answered request carried our token. */
  readonly isAnswerToOurs: boolean
}[] = [
  { path: 'directly', url: `${evilOrigin}/x`, evilStatus: 200, isAnswerToOurs: false },
  { path: 'directly, with 401', url: `${evilOrigin}/x`, evilStatus: 401, isAnswerToOurs: false },
  { path: 'directly, with 500', url: `${evilOrigin}/x`, evilStatus: 500, isAnswerToOurs: false },
  { path: 'after a redirect', url: '/start', evilStatus: 200, isAnswerToOurs: true },
  { path: 'after a redirect, with 404', url: '/start', evilStatus: 404, isAnswerToOurs: true },
  { path: 'after a redirect, with 401', url: '/start', evilStatus: 401, isAnswerToOurs: true },
  { path: 'after a redirect, with 500', url: '/start', evilStatus: 500, isAnswerToOurs: true }
]

it.each(pairs(foreign, transports, ({ isAnswerToOurs }) => isAnswerToOurs))(
  'does not adopt a token from another origin that answers $path, over $transport.name',
  async ({ url, evilStatus, isAnswerToOurs, transport }) => {
    const client = await signIn()
    const forged = forge()
    origins.answer('/start', () => redirect(307, `${evilOrigin}/x`))
    origins.evil(() => respond(evilStatus, bearer(forged)))
    await transport.send(client.auth, { url }).catch(() => {})
    const isAnswered = transport.redirects !== 'refused' || url !== '/start'
    expect(origins.arrivalsElsewhere().length > 0).toBe(isAnswered)
    expect(await client.auth.getAccessToken()).not.toBe(forged)
    await transport.send(client.auth, { url: '/me' })
    expect(JSON.stringify(origins.arrivals)).not.toContain(forged)
    expect(client.events.map(({ name }) => name)).not.toContain('reissued')
    expect(refusals(client).length > 0).toBe(isAnswered && isAnswerToOurs)
    expect(client.auth.getState().status).toBe('authenticated')
    // Only a 401 can cause a refresh.
    if (evilStatus !== 401 || !isAnswerToOurs) {
      expect(await client.auth.getAccessToken()).toBe(client.token)
    }
  }
)

describe.each(transports)('a re-issued token over $name', (transport) => {
  it('does not adopt a token from a response to a request without our token', async () => {
    const { auth, events } = origins.createClient()
    origins.answer('/open', () => respond(200, bearer(forge())))
    await transport.send(auth, { url: '/open' })
    await transport.send(auth, { url: '/open' })
    expect(tokensIn(origins.arrivals)).toEqual([])
    expect(auth.getState().status).toBe('unauthenticated')
    expect(events).toEqual([])
  })

  it('removes the header only from responses to requests that carried our token', async () => {
    const { auth } = await signIn()
    const theirs = await transport.send(auth, { url: `${evilOrigin}/x` })
    expect(theirs.header('authorization')).toContain('Bearer ')
    origins.server.rotateKey()
    const ours = await transport.send(auth, { url: '/items' })
    expect(ours.status).toBe(200)
    expect(ours.header('authorization')).toBe(undefined)
  })
})

describe.each(transports)('a cache that replays old headers, over $name', (transport) => {
  /** Repeats the first response's header, as a cache does on a 304 without a new one. */
  function replaying(): Site {
    let stored: string | undefined
    return async (request) => {
      const answer = await origins.server.guard(request, () => respond(200))
      stored ??= headerOf(answer, 'authorization')
      const rest = answer.headers.filter(([name]) => name !== 'Authorization')
      return {
        ...answer,
        headers: stored === undefined ? rest : [...rest, ['Authorization', stored]]
      }
    }
  }

  it('ignores the token of an earlier response, in three rotations', async () => {
    const client = await signIn()
    origins.answer('/item', replaying())
    origins.server.rotateKey()
    await transport.send(client.auth, { url: '/item' })
    const adopted = await client.auth.getAccessToken()
    expect(adopted).not.toBe(client.token)
    // The token is held already, so no event occurs.
    await transport.send(client.auth, { url: '/item' })
    expect(refusals(client)).toEqual([])
    for (const _ of [1, 2, 3]) {
      await client.auth.refresh()
      const current = await client.auth.getAccessToken()
      expect((await transport.send(client.auth, { url: '/item' })).status).toBe(200)
      expect(await client.auth.getAccessToken()).toBe(current)
    }
    expect(refusals(client)).toEqual(Array(3).fill(refusedAs('not-newer')))
    expect(client.events.filter(({ name }) => name === 'reissued')).toHaveLength(1)
  })
})

describe.each(transports)('a client behind a shared cache, over $name', (transport) => {
  async function twoUsersBehind(proxy: (origin: Upstream) => Site) {
    const [one, other] = [await signIn(ada), await signIn(grace)]
    origins.answer(
      '/shared',
      proxy((request) =>
        origins.server.guard(request, ({ claims }) => respond(200, {}, String(claims.sub)))
      )
    )
    origins.server.rotateKey()
    return { one, other }
  }
  const get = (transportUsed: Transport, { auth }: WatchedClient) =>
    transportUsed.send(auth, { url: '/shared' })

  it('gives each user their own token if the cache obeys no-store', async () => {
    const { one, other } = await twoUsersBehind((origin) => createCachingProxy(origin))
    for (const client of [one, other]) {
      await get(transport, client)
      expect(await client.auth.getAccessToken()).not.toBe(client.token)
      expect(client.events.map(({ name }) => name)).toEqual(['signed-in', 'reissued'])
    }
  })

  it('refuses another user’s token if the cache ignores no-store', async () => {
    const { one, other } = await twoUsersBehind((origin) =>
      createCachingProxy(origin, { heedsNoStore: false })
    )
    await get(transport, one)
    const stolen = await one.auth.getAccessToken()
    const answers = [await get(transport, other), await get(transport, other)]
    expect(answers.map(({ body }) => String(body))).toEqual(['user-1', 'user-1'])
    expect(refusals(other)).toEqual(Array(2).fill(refusedAs('other-subject')))
    expect(await other.auth.getAccessToken()).toBe(other.token)
    await transport.send(other.auth, { url: '/me' })
    const [call] = origins.callsTo('/me')
    expect(tokensIn(call === undefined ? [] : [call])).toEqual([other.token])
    expect(stolen).not.toBe(one.token)
  })

  it('refuses the token of the same user’s other session', async () => {
    const [here, elsewhere] = [await signIn(ada), await signIn(ada)]
    origins.answer(
      '/shared',
      createCachingProxy((request) => origins.server.guard(request, () => respond(200)), {
        heedsNoStore: false
      })
    )
    origins.server.rotateKey()
    await get(transport, elsewhere)
    await get(transport, here)
    expect(refusals(here)).toEqual([refusedAs('other-subject')])
    expect(await here.auth.getAccessToken()).toBe(here.token)
  })

  it('adopts no cached token while the user is signed out', async () => {
    const { one } = await twoUsersBehind((origin) =>
      createCachingProxy(origin, { heedsNoStore: false })
    )
    await get(transport, one)
    const visitor = origins.createClient()
    expect((await get(transport, visitor)).status).toBe(200)
    expect(visitor.auth.getState().status).toBe('unauthenticated')
    await expect(visitor.auth.getAccessToken()).rejects.toMatchObject({
      code: 'ERR_AUTH_NOT_AUTHENTICATED'
    })
  })
})

it('rejects a cached refresh response of another user', async () => {
  const [one, other] = [await signIn(ada), await signIn(grace)]
  origins.answer(
    '/refresh',
    createCachingProxy(origins.server.handle, { heedsNoStore: false, caches: 'POST' })
  )
  await one.auth.refresh()
  const before = origins.arrivals.length
  await expect(other.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(other.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  await other.auth.axios.get('/me').catch(() => {})
  expect(origins.arrivals.slice(before).map(({ path }) => path)).toEqual(['/refresh', '/me'])
  expect(origins.callsTo('/me').flatMap((call) => headerOf(call, 'authorization') ?? [])).toEqual(
    []
  )
})

it('judges a response by its final URL, not by the requested one', async () => {
  const client = await signIn()
  origins.answer('/start', () => redirect(302, `${evilOrigin}/x`))
  await client.auth.axios.get(`${ownOrigin}/start`)
  expect(refusals(client)).toEqual([refusedAs('untrusted-origin')])
})
