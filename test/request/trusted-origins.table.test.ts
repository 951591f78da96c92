// I6: the token goes only to the trusted origin, in every spelling of the URL, over real sockets.
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { describe, expect, it } from 'vitest'
import { axiosTransports, transports } from '../support/tables/transports.ts'
import { type Destination, spellings } from '../support/tables/url-spellings.ts'
import {
  ada,
  appOrigin,
  createOrigins,
  evilOrigin,
  forge,
  headerOf,
  ownOrigin,
  respond,
  tokensIn
} from '../support/worlds/trusted-and-foreign-origins.ts'

const world = createOrigins()

async function signIn(...options: Parameters<typeof world.createClient>) {
  const client = world.createClient(...options)
  await client.auth.login(ada)
  const token = await client.auth.getAccessToken()
  return { ...client, token, before: world.arrivals.length }
}

/** Sends a request. Returns the server that received it, and the token that it carried. */
async function watch(before: number, token: string, sending: Promise<unknown>) {
  await sending.catch(() => {})
  const arrivals = world.arrivals.slice(before)
  return arrivals.map((arrival) => ({
    to: arrival.origin === ownOrigin ? 'own' : 'elsewhere',
    authorization: headerOf(arrival, 'authorization')?.replace(token, 'TOKEN'),
    tokens: tokensIn([arrival]).length
  }))
}

const expected: Readonly<Record<Destination, readonly object[]>> = {
  own: [{ to: 'own', authorization: 'Bearer TOKEN', tokens: 1 }],
  elsewhere: [{ to: 'elsewhere', tokens: 0 }],
  nowhere: []
}

describe.each(axiosTransports)('$name', (transport) => {
  it.each(spellings)('takes %j where it leads', async ({ url, inNode }) => {
    const { auth, token, before } = await signIn()
    const seen = await watch(before, token, transport.send(auth, { url }))
    expect(seen).toMatchObject(expected[inNode])
  })
})

describe.each(transports)('$name, wherever a spelling leads', (transport) => {
  it.each(spellings)(
    'takes the token of %j to its own origin and nowhere else',
    async ({ url }) => {
      const { auth, token, before } = await signIn()
      const seen = await watch(before, token, transport.send(auth, { url }))
      for (const { to, tokens } of seen) expect(tokens).toBe(to === 'own' ? 1 : 0)
    }
  )
})

describe.each(transports)('$name', (transport) => {
  it('sends a request with a body to another origin without the token', async () => {
    const { auth, token, before } = await signIn()
    const call = { url: `${evilOrigin}/collect`, method: 'POST', body: 'the app’s own business' }
    const seen = await watch(before, token, transport.send(auth, call))
    expect(seen).toMatchObject(expected.elsewhere)
    expect(world.strays()[0]?.body).toBe(call.body)
  })

  it('sends the token over http only to the loopback', async () => {
    const { auth, token, before } = await signIn()
    const urls = [
      'http://api.app.example',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil'
    ]
    for (const url of urls) await transport.send(auth, { url })
    expect(await watch(before, token, Promise.resolve())).toEqual(
      urls.map(() => ({ to: 'elsewhere', authorization: undefined, tokens: 0 }))
    )
  })

  it('sends the token to every listed origin, and not to an unlisted baseURL', async () => {
    const listed = ['https://one.example', 'https://two.example:8443']
    const { auth, token } = await signIn({ trustedOrigins: listed })
    world.evil(() => respond(200))
    for (const origin of [...listed, ownOrigin, 'https://two.example', 'https://x.one.example']) {
      await transport.send(auth, { url: `${origin}/items` })
    }
    const carrying = world.arrivals.filter((arrival) => tokensIn([arrival]).includes(token))
    expect(carrying.map(({ origin }) => origin)).toEqual(listed)
  })
})

describe.each(axiosTransports)('$name, told by its options', (transport) => {
  const configs: readonly [AxiosRequestConfig, Destination][] = [
    [{ url: `${evilOrigin}/me`, allowAbsoluteUrls: false }, 'own'],
    [{ url: '//evil.example/me', allowAbsoluteUrls: false }, 'own'],
    [{ url: '/me', baseURL: evilOrigin }, 'elsewhere'],
    [{ url: 'me', baseURL: 'https://evil.example/api/' }, 'elsewhere'],
    [{ url: '', baseURL: evilOrigin }, 'elsewhere'],
    [{ url: `${ownOrigin}/me`, baseURL: evilOrigin }, 'own'],
    [{ url: '.evil.example/me', baseURL: ownOrigin }, 'own'],
    [{ url: '/me', baseURL: 'https://api.app.example@evil.example' }, 'elsewhere'],
    [{ url: '@evil.example', baseURL: 'https://api.app.example/' }, 'own'],
    [{ url: '/me', baseURL: 'https://api.app.example./' }, 'elsewhere'],
    [{ url: '/me', baseURL: `${ownOrigin}/a/../..` }, 'own'],
    [{ url: '/me', baseURL: '' }, 'nowhere'],
    [{ url: `${evilOrigin}/me`, baseURL: '' }, 'elsewhere'],
    [{ url: `${ownOrigin}/me`, baseURL: '' }, 'own'],
    [{ url: ownOrigin, params: { '@evil.example': '/' } }, 'own'],
    [{ url: ownOrigin, params: 1, paramsSerializer: () => '@evil.example/' }, 'own']
  ]

  it.each(configs)('takes %j where it leads', async (options, destination) => {
    const { auth, token, before } = await signIn()
    const { url = '' } = options
    const seen = await watch(before, token, transport.send(auth, { url }, options))
    expect(seen).toMatchObject(expected[destination])
  })

  const changes: readonly [string, AxiosRequestConfig, Destination][] = [
    ['baseURL', { baseURL: evilOrigin }, 'elsewhere'],
    ['url', { url: `${evilOrigin}/me` }, 'elsewhere'],
    ['both', { baseURL: 'https://evil.example/api', url: `${ownOrigin}/me` }, 'own']
  ]

  it.each(changes)(
    'follows the app’s interceptors that change %s',
    async (_, change, destination) => {
      const { auth, token } = await signIn()
      const api = transport.create({ baseURL: ownOrigin })
      const changeIt = <Config extends object>(config: Config) => Object.assign(config, change)
      const changeItLater = async <Config extends object>(config: Config) => changeIt(config)
      for (const interceptor of [changeIt, changeItLater]) {
        // Interceptors registered earlier run later.
        const added = api.interceptors.request.use(interceptor)
        const detach = auth.attach(api)
        expect(await watch(world.arrivals.length, token, api.get('/me'))).toMatchObject(
          expected[destination]
        )
        api.interceptors.request.eject(added)
        const addedLater = api.interceptors.request.use(interceptor)
        expect(await watch(world.arrivals.length, token, api.get('/me'))).toMatchObject(
          expected[destination]
        )
        api.interceptors.request.eject(addedLater)
        detach()
      }
    }
  )
})

describe('a request with its own Authorization', () => {
  const own: readonly [string, AxiosRequestConfig, string | undefined][] = [
    ['Basic', { headers: { Authorization: 'Basic YTpi' } }, 'Basic YTpi'],
    ['lower case', { headers: { authorization: 'Basic YTpi' } }, 'Basic YTpi'],
    ['upper case', { headers: { AUTHORIZATION: 'Basic YTpi' } }, 'Basic YTpi'],
    ['another token', { headers: { Authorization: 'Bearer mine' } }, 'Bearer mine'],
    ['the auth option', { auth: { username: 'a', password: 'b' } }, 'Basic YTpi'],
    ['none, by false', { headers: { Authorization: false } }, undefined],
    ['none, by null', { headers: { Authorization: null } }, undefined]
  ]

  describe.each(axiosTransports)('over $name', (transport) => {
    it.each(own)(
      'goes out as it is, and its 401 refreshes nothing: %s',
      async (_, options, sent) => {
        const { auth, events, token } = await signIn()
        world.answer('/protected', () => respond(401, { Authorization: `Bearer ${forge()}` }))
        const { status } = await transport.send(auth, { url: '/protected' }, options)
        expect(status).toBe(401)
        expect(world.callsTo('/protected').map((call) => headerOf(call, 'authorization'))).toEqual([
          sent
        ])
        expect(world.callsTo('/refresh')).toHaveLength(0)
        expect(await auth.getAccessToken()).toBe(token)
        expect(events.map(({ name }) => name)).toEqual(['signed-in'])
      }
    )
  })

  it('is sent unchanged if instance defaults or an interceptor set it', async () => {
    const { auth, token, before } = await signIn()
    const byDefault = axios.create({ baseURL: ownOrigin })
    byDefault.defaults.headers.common.Authorization = 'Basic YTpi'
    const byInterceptor = axios.create({ baseURL: ownOrigin })
    byInterceptor.interceptors.request.use((config) => {
      config.headers.set('authorization', 'Basic YTpi')
      return config
    })
    for (const api of [byDefault, byInterceptor]) {
      auth.attach(api)
      await watch(before, token, api.get('/me'))
    }
    expect(world.callsTo('/me').map((call) => headerOf(call, 'authorization'))).toEqual([
      'Basic YTpi',
      'Basic YTpi'
    ])
    expect(world.callsTo('/refresh')).toHaveLength(0)
  })
})

describe('the global axios', () => {
  it('is unchanged during and after the life of a client', async () => {
    const snapshot = () => inspect([axios.defaults, axios.interceptors], { depth: Infinity })
    const before = snapshot()
    const { auth } = await signIn()
    const detach = auth.attach(axios.create())
    await Promise.all(transports.map((transport) => transport.send(auth, { url: '/me' })))
    world.server.revokeAccessTokens()
    await auth.axios.get('/me')
    expect(snapshot()).toBe(before)
    detach()
    auth.dispose()
    expect(snapshot()).toBe(before)
  })

  it('sends no token, like detached and unattached instances', async () => {
    const { auth, token, before } = await signIn()
    const detached = axios.create()
    auth.attach(detached)()
    const sending = [axios, axios.create(), detached].flatMap((api) =>
      [ownOrigin, appOrigin, evilOrigin].map((origin) => api.get(`${origin}/me`))
    )
    const seen = await watch(before, token, Promise.allSettled(sending))
    expect(seen).toHaveLength(9)
    expect(seen.filter(({ tokens }) => tokens > 0)).toEqual([])
  })
})

it('never puts a token into a URL', async () => {
  const { auth } = await signIn()
  const sendAll = () =>
    Promise.allSettled(transports.map((transport) => transport.send(auth, { url: '/me?page=2' })))
  await sendAll()
  world.server.rotateKey()
  await sendAll()
  world.server.revokeAccessTokens()
  await sendAll()
  await auth.refresh()
  await auth.logout()
  await sendAll()
  expect(world.arrivals.length).toBeGreaterThan(20)
  expect(
    tokensIn(world.arrivals.map((arrival) => ({ ...arrival, headers: [], body: '' })))
  ).toEqual([])
})

it('tests more than forty spellings', () => {
  const count = (wanted: Destination) => spellings.filter(({ inNode }) => inNode === wanted).length
  expect(spellings.length).toBeGreaterThan(40)
  expect(count('own')).toBeGreaterThan(20)
  expect(count('elsewhere')).toBeGreaterThan(20)
  expect(new Set(spellings.map(({ url }) => url)).size).toBe(spellings.length)
})
