// I6: the token goes only to the trusted origin, in every spelling of the URL, over real sockets.
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTrustedOrigins, createUrlPolicy, joinUrl } from '../../src/lib/url.ts'
import {
  ada,
  appOrigin,
  evilOrigin,
  forge,
  headerOf,
  ownOrigin,
  respond,
  setUpOrigins,
  tokensIn
} from '../support/setups/trusted-and-foreign-origins.ts'
import { axiosTransports, transports } from '../support/tables/transports.ts'
import { type Destination, spellings } from '../support/tables/url-spellings.ts'
import { pairs } from '../support/tier.ts'

const origins = setUpOrigins()

async function signIn(...options: Parameters<typeof origins.createClient>) {
  const client = origins.createClient(...options)
  await client.auth.login(ada)
  const token = await client.auth.getAccessToken()
  return { ...client, token, before: origins.arrivals.length }
}

/** Sends a request. Returns the server that received it, and the token that it carried. */
async function watch(before: number, token: string, sending: Promise<unknown>) {
  await sending.catch(() => {})
  const arrivals = origins.arrivals.slice(before)
  return arrivals.map((arrival) => ({
    to: arrival.origin === ownOrigin ? 'own' : 'elsewhere',
    authorization: headerOf(arrival, 'authorization')?.replace(token, 'TOKEN'),
    tokens: tokensIn([arrival]).length
  }))
}

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
afterEach(() => void warn.mockClear())
const warnings = () => warn.mock.calls.flat()

/** In development, the client warns once about each insecure URL of a trusted host. */
function warningsFor(urls: readonly string[]): string[] {
  return urls.flatMap((url) => {
    const origin = /^http:\/\/api\.app\.example(?::443)?(?=\/|$)/.exec(url)?.[0]
    return origin === undefined
      ? []
      : [`everbearer: a request to ${origin} was sent without the access token; use https.`]
  })
}

const expected: Readonly<Record<Destination, readonly object[]>> = {
  own: [{ to: 'own', authorization: 'Bearer TOKEN', tokens: 1 }],
  elsewhere: [{ to: 'elsewhere', tokens: 0 }],
  nowhere: []
}

it.each(spellings.filter(({ inNode }) => inNode !== 'nowhere'))(
  'classifies the origin of $url as $inNode before sending',
  ({ url, inNode }) => {
    const { trusts } = createTrustedOrigins(
      { baseURL: ownOrigin, trustedOrigins: undefined },
      undefined,
      () => undefined,
      createUrlPolicy(undefined, false)
    )
    expect(trusts(joinUrl(ownOrigin, url))).toBe(inNode === 'own')
  }
)

// Each transport changes URLs in its own way before it sends them, so each meets each destination.
it.each(pairs(spellings, axiosTransports, ({ inNode }) => inNode))(
  'sends the token with $url only to its own origin, over $transport.name',
  async ({ url, inNode, transport }) => {
    const { auth, token, before } = await signIn()
    const seen = await watch(before, token, transport.send(auth, { url }))
    expect(seen).toMatchObject(expected[inNode])
    expect(warnings()).toEqual(warningsFor([url]))
  }
)

const authFetch = transports.filter(({ name }) => name === 'auth.fetch')

it.each(pairs(spellings, authFetch))(
  'takes the token of $url to its own origin and nowhere else, over $transport.name',
  async ({ url, transport }) => {
    const { auth, token, before } = await signIn()
    const seen = await watch(before, token, transport.send(auth, { url }))
    for (const { to, tokens } of seen) expect(tokens).toBe(to === 'own' ? 1 : 0)
    expect(warnings()).toEqual(warningsFor([url]))
  }
)

describe.each(transports)('a client over $name', (transport) => {
  it('sends a request with a body to another origin without the token', async () => {
    const { auth, token, before } = await signIn()
    const call = { url: `${evilOrigin}/collect`, method: 'POST', body: 'the app’s own business' }
    const seen = await watch(before, token, transport.send(auth, call))
    expect(seen).toMatchObject(expected.elsewhere)
    expect(origins.arrivalsElsewhere()[0]?.body).toBe(call.body)
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
    expect(warnings()).toEqual(warningsFor(urls))
  })

  it('sends the token to every listed origin, and not to an unlisted baseURL', async () => {
    const listed = ['https://one.example', 'https://two.example:8443']
    const { auth, token } = await signIn({ trustedOrigins: listed })
    origins.evil(() => respond(200))
    for (const origin of [...listed, ownOrigin, 'https://two.example', 'https://x.one.example']) {
      await transport.send(auth, { url: `${origin}/items` })
    }
    const carrying = origins.arrivals.filter((arrival) => tokensIn([arrival]).includes(token))
    expect(carrying.map(({ origin }) => origin)).toEqual(listed)
  })
})

describe('the options of a request', () => {
  const configs = (
    [
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
    ] satisfies [AxiosRequestConfig, Destination][]
  ).map(([options, destination]) => ({ options, destination }))

  it.each(pairs(configs, axiosTransports, ({ destination }) => destination))(
    'decide the destination of a request with $options, over $transport.name',
    async ({ options, destination, transport }) => {
      const { auth, token, before } = await signIn()
      const { url = '' } = options
      const seen = await watch(before, token, transport.send(auth, { url }, options))
      expect(seen).toMatchObject(expected[destination])
    }
  )

  const changes: readonly { what: string; change: AxiosRequestConfig; destination: Destination }[] =
    [
      { what: 'baseURL', change: { baseURL: evilOrigin }, destination: 'elsewhere' },
      { what: 'url', change: { url: `${evilOrigin}/me` }, destination: 'elsewhere' },
      {
        what: 'both',
        change: { baseURL: 'https://evil.example/api', url: `${ownOrigin}/me` },
        destination: 'own'
      }
    ]

  it.each(pairs(changes, axiosTransports))(
    'are judged after the app’s interceptors changed $what, over $transport.name',
    async ({ change, destination, transport }) => {
      const { auth, token } = await signIn()
      const api = transport.create({ baseURL: ownOrigin })
      const changeIt = <Config extends object>(config: Config) => Object.assign(config, change)
      const changeItLater = async <Config extends object>(config: Config) => changeIt(config)
      for (const interceptor of [changeIt, changeItLater]) {
        // Interceptors registered earlier run later.
        const added = api.interceptors.request.use(interceptor)
        const detach = auth.attach(api)
        expect(await watch(origins.arrivals.length, token, api.get('/me'))).toMatchObject(
          expected[destination]
        )
        api.interceptors.request.eject(added)
        const addedLater = api.interceptors.request.use(interceptor)
        expect(await watch(origins.arrivals.length, token, api.get('/me'))).toMatchObject(
          expected[destination]
        )
        api.interceptors.request.eject(addedLater)
        detach()
      }
    }
  )
})

describe('a request with its own Authorization', () => {
  const own: readonly { what: string; options: AxiosRequestConfig; sent: string | undefined }[] = [
    { what: 'Basic', options: { headers: { Authorization: 'Basic YTpi' } }, sent: 'Basic YTpi' },
    {
      what: 'lower case',
      options: { headers: { authorization: 'Basic YTpi' } },
      sent: 'Basic YTpi'
    },
    {
      what: 'upper case',
      options: { headers: { AUTHORIZATION: 'Basic YTpi' } },
      sent: 'Basic YTpi'
    },
    {
      what: 'another token',
      options: { headers: { Authorization: 'Bearer mine' } },
      sent: 'Bearer mine'
    },
    {
      what: 'the auth option',
      options: { auth: { username: 'a', password: 'b' } },
      sent: 'Basic YTpi'
    },
    { what: 'none, by false', options: { headers: { Authorization: false } }, sent: undefined },
    { what: 'none, by null', options: { headers: { Authorization: null } }, sent: undefined }
  ]

  it.each(pairs(own, axiosTransports))(
    'is sent unchanged, and its 401 does not refresh: $what, over $transport.name',
    async ({ options, sent, transport }) => {
      const { auth, events, token } = await signIn()
      origins.answer('/protected', () => respond(401, { Authorization: `Bearer ${forge()}` }))
      const { status } = await transport.send(auth, { url: '/protected' }, options)
      expect(status).toBe(401)
      expect(origins.callsTo('/protected').map((call) => headerOf(call, 'authorization'))).toEqual([
        sent
      ])
      expect(origins.callsTo('/refresh')).toHaveLength(0)
      expect(await auth.getAccessToken()).toBe(token)
      expect(events.map(({ name }) => name)).toEqual(['signed-in'])
    }
  )

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
    expect(origins.callsTo('/me').map((call) => headerOf(call, 'authorization'))).toEqual([
      'Basic YTpi',
      'Basic YTpi'
    ])
    expect(origins.callsTo('/refresh')).toHaveLength(0)
  })
})

describe('the global axios', () => {
  it('is unchanged during and after the life of a client', async () => {
    const snapshot = () => inspect([axios.defaults, axios.interceptors], { depth: Infinity })
    const before = snapshot()
    const { auth } = await signIn()
    const detach = auth.attach(axios.create())
    await Promise.all(transports.map((transport) => transport.send(auth, { url: '/me' })))
    origins.server.revokeAccessTokens()
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
  origins.server.rotateKey()
  await sendAll()
  origins.server.revokeAccessTokens()
  await sendAll()
  await auth.refresh()
  await auth.logout()
  await sendAll()
  expect(origins.arrivals.length).toBeGreaterThan(20)
  expect(
    tokensIn(origins.arrivals.map((arrival) => ({ ...arrival, headers: [], body: '' })))
  ).toEqual([])
})

it('tests more than forty spellings', () => {
  const count = (wanted: Destination) => spellings.filter(({ inNode }) => inNode === wanted).length
  expect(spellings.length).toBeGreaterThan(40)
  expect(count('own')).toBeGreaterThan(20)
  expect(count('elsewhere')).toBeGreaterThan(20)
  expect(new Set(spellings.map(({ url }) => url)).size).toBe(spellings.length)
})

it('follows the base of the page for relative URLs', () => {
  let base = 'https://app.example/'
  const { trusts } = createTrustedOrigins(
    { baseURL: '/api', trustedOrigins: undefined },
    base,
    () => base,
    createUrlPolicy(base, false)
  )
  expect([trusts('/api/me'), trusts('//elsewhere.example/me')]).toEqual([true, false])
  base = 'https://elsewhere.example/'
  expect([trusts('/api/me'), trusts('api/me')]).toEqual([false, false])
  base = 'https://app.example/'
  expect([trusts('/api/me'), trusts('api/me')]).toEqual([true, true])
})
