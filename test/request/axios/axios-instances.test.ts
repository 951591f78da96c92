// Axios instances of the app: with their own adapter, cache or retries, attached and detached.
import { createRequire } from 'node:module'
import axios, {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type CreateAxiosDefaults,
  type InternalAxiosRequestConfig
} from 'axios'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type Respond,
  refuseFirstToken,
  startRecordingServer
} from '../../support/setups/recording-server.ts'
import { ada, setUpClient } from '../../support/setups/test-client.ts'
import { apiOrigin } from '../../support/setups/virtual-browser.ts'

it('imports the axios version that this run tests', () => {
  const newest: string = createRequire(import.meta.url)('axios/package.json').version
  expect(axios.VERSION).toBe(process.env.AXIOS_UNDER_TEST ?? newest)
})

async function setUp() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const create = (adapter: AxiosAdapter = setup.browser.adapter) =>
    axios.create({ baseURL: apiOrigin, adapter })
  return { ...setup, create }
}

describe('an instance with its own adapter', () => {
  it('calls its own mock adapter with a copy of the config that holds the token', async () => {
    const { auth, create } = await setUp()
    const token = await auth.getAccessToken()
    let seen: InternalAxiosRequestConfig | undefined
    const api = create(async (config) => {
      seen = config
      return { data: { mocked: true }, status: 200, statusText: 'OK', headers: {}, config }
    })
    auth.attach(api)
    const response = await api.get('/anything', { params: { a: 1 } })
    expect(response.data).toEqual({ mocked: true })
    expect(seen?.headers.get('Authorization')).toBe(`Bearer ${token}`)
    expect(seen).toMatchObject({ url: '/anything', baseURL: apiOrigin, params: { a: 1 } })
    expect(response.config).not.toBe(seen)
    expect(response.config.headers.has('Authorization')).toBe(false)
    expect(response.config.adapter).toBe(api.defaults.adapter)
  })

  it.each([
    [
      'an AxiosError',
      (config: InternalAxiosRequestConfig, response: AxiosResponse) =>
        new AxiosError('refused', 'ERR_BAD_REQUEST', config, {}, response)
    ],
    [
      'an error that only looks like one',
      (config: InternalAxiosRequestConfig, response: AxiosResponse) =>
        Object.assign(new Error('refused'), { config, response })
    ],
    ['a bare answer', (_: InternalAxiosRequestConfig, response: AxiosResponse) => ({ response })]
  ])('replays a request that its own adapter refuses with %s', async (_, toError) => {
    const { auth, create, callsTo } = await setUp()
    const carried: unknown[] = []
    const api = create(async (config) => {
      carried.push(config.headers.get('Authorization'))
      const response = { data: '', status: 401, statusText: '', headers: {}, config }
      if (carried.length === 1) throw toError(config, response)
      return { ...response, status: 200 }
    })
    auth.attach(api)
    expect((await api.get('/anything')).status).toBe(200)
    expect(new Set(carried).size).toBe(2)
    expect(callsTo('refresh')).toHaveLength(1)
  })

  it.each([
    ['a string', 'no'],
    ['undefined', undefined],
    ['null', null],
    ['an error without a config', new Error('no')]
  ])('rejects with what its own adapter throws: %s', async (_, thrown) => {
    const { auth, create } = await setUp()
    const api = create(() => Promise.reject(thrown))
    auth.attach(api)
    const outcome = await api.get('/anything').then(
      () => 'resolved',
      (error) => ({ error })
    )
    expect(outcome).toEqual({ error: thrown })
  })

  it('replays unchanged, and keeps the app’s config, when its adapter changes the config', async () => {
    const { auth, create } = await setUp()
    const seen: unknown[] = []
    const api = create(async (config) => {
      const { method, url, headers } = config
      seen.push([method, url, headers.get('X-Own')])
      config.url = 'https://evil.example/'
      config.method = 'delete'
      headers.set('X-Own', 'changed')
      return {
        data: '',
        status: seen.length === 1 ? 401 : 200,
        statusText: '',
        headers: {},
        config
      }
    })
    auth.attach(api)
    const options = { headers: { 'X-Own': '1' }, validateStatus: null }
    const { config } = await api.get('/anything', options)
    expect(seen).toEqual([
      ['get', '/anything', '1'],
      ['get', '/anything', '1']
    ])
    expect([config.method, config.url, config.headers.get('X-Own')]).toEqual([
      'get',
      '/anything',
      '1'
    ])
  })
})

describe('the notes of an adapter of the app', () => {
  type Noted = InternalAxiosRequestConfig & { note?: unknown; sent?: unknown }

  async function setUpNoting(status: number) {
    const setup = await setUp()
    let calls = 0
    const api = setup.create(async (config: Noted) => {
      calls += 1
      config.note = `call ${calls}`
      config.sent = { ...config.headers }
      const noted = calls === 1 ? config : { ...config, copied: true }
      const headers = {}
      const statusText = ''
      const response = { data: '', status: calls === 1 ? 401 : status, statusText, headers }
      if (status < 400) return { ...response, config: noted }
      throw Object.assign(new AxiosError('', 'ERR_BAD_RESPONSE', noted), { response })
    })
    setup.auth.attach(api)
    return { ...setup, api }
  }

  it('are in the config of the response, those of the replay and of a copy too', async () => {
    const { api } = await setUpNoting(200)
    const { config } = await api.get('/anything', { validateStatus: null })
    expect(config).toMatchObject({ note: 'call 2', copied: true, url: '/anything' })
    expect(config).not.toHaveProperty('env.fetch')
  })

  it('are in the config of the error', async () => {
    const { api } = await setUpNoting(500)
    const { config } = await api.get('/anything').catch((error) => error)
    expect(config).toMatchObject({ note: 'call 2', copied: true })
  })

  it('are dropped if they hold the token', async () => {
    const { api } = await setUpNoting(200)
    const { config } = await api.get('/anything', { validateStatus: null })
    expect(config).not.toHaveProperty('sent')
  })
})

it('removes the token from the message of an error of an adapter of the app', async () => {
  const { auth, create } = await setUp()
  const api = create((config) => Promise.reject(new Error(JSON.stringify(config.headers))))
  auth.attach(api)
  const { message, stack } = await api.get('/anything').catch((error) => error)
  expect(message).toContain('"Authorization":"Bearer …"')
  expect(stack).not.toContain(await auth.getAccessToken())
})

it('sends the token to the URL that was found trusted, even if the config changes during the wait', async () => {
  const { auth, server, browser, create } = await setUp()
  const api = create()
  auth.attach(api)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  let stored: InternalAxiosRequestConfig | undefined
  api.interceptors.request.use((config) => {
    stored = config
    return config
  })
  const sending = api.get('/me')
  await gate.arrived(1)
  Object.assign(stored ?? {}, { url: '/steal', baseURL: 'https://evil.example' })
  gate.release()
  expect((await sending).status).toBe(200)
  expect(browser.requests.filter(({ url }) => !url.startsWith(apiOrigin))).toEqual([])
})

// Like axios-cache-interceptor: on a hit, a request interceptor installs an adapter that answers.
function addCache(api: ReturnType<typeof axios.create>): Map<string, AxiosResponse> {
  const cache = new Map<string, AxiosResponse>()
  api.interceptors.request.use((config) => {
    const hit = cache.get(config.url ?? '')
    if (hit !== undefined) config.adapter = async () => ({ ...hit, config })
    return config
  })
  api.interceptors.response.use((response) => {
    cache.set(response.config.url ?? '', response)
    return response
  })
  return cache
}

describe.each(['before', 'after'])('a cache interceptor that is registered %s ours', (order) => {
  it('answers from its cache and stores no token in it', async () => {
    const { auth, server, create, callsTo } = await setUp()
    const api = create()
    let cache = order === 'before' ? addCache(api) : undefined
    auth.attach(api)
    cache ??= addCache(api)
    server.rotateKey()
    const first = await api.get('/me')
    const second = await api.get('/me')
    expect(second.data).toEqual(first.data)
    expect(callsTo('me')).toHaveLength(1)
    const token = await auth.getAccessToken()
    for (const { headers, config } of cache.values()) {
      expect(JSON.stringify([headers, config])).not.toContain(token)
      expect(JSON.stringify([headers, config])).not.toContain('Bearer')
    }
  })
})

it('refreshes once for several attached instances, and sends no token once they are detached', async () => {
  const { auth, server, create, callsTo } = await setUp()
  const instances = [create(), create(), create()]
  const detachers = instances.map((api) => auth.attach(api))
  server.revokeAccessTokens()
  await Promise.all(instances.flatMap((api) => [api.get('/me'), api.get('/me')]))
  expect(callsTo('refresh')).toHaveLength(1)
  detachers[0]?.()
  detachers[0]?.()
  const outcomes = await Promise.allSettled(instances.map((api) => api.get('/me')))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  auth.dispose()
  const after = await Promise.allSettled(instances.map((api) => api.get('/me')))
  expect(after.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
})

it('sends each of two clients’ tokens to its own origin when both attach to one instance', async () => {
  const other = await startRecordingServer(refuseFirstToken)
  const { auth, browser, callsTo } = await setUp()
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const second = createAuthClient({ baseURL: other.url, contract: { refresh: issue } })
  onTestFinished(second.dispose)
  await second.login(issue)
  const api = axios.create({ baseURL: apiOrigin })
  auth.attach(api)
  second.attach(api)
  expect((await api.get('/me', { adapter: browser.adapter })).status).toBe(200)
  expect((await api.get(`${other.url}/items`)).status).toBe(200)
  expect(callsTo('me').map(({ status }) => status)).toEqual([200])
  expect(other.requests.map((request) => other.headerOf(request, 'authorization'))).toEqual([
    'Bearer token-1',
    'Bearer token-2'
  ])
})

it('runs each interceptor of the app once, before and after ours, sync and async', async () => {
  const { auth, server, create, callsTo } = await setUp()
  const seen: string[] = []
  const api = create()
  for (const place of ['before', 'after']) {
    api.interceptors.request.use((config) => {
      seen.push(`request ${place}, sync`)
      return config
    })
    api.interceptors.request.use(async (config) => {
      seen.push(`request ${place}, async`)
      return { ...config }
    })
    api.interceptors.response.use((response) => {
      seen.push(`response ${place}`)
      return response
    })
    if (place === 'before') auth.attach(api)
  }
  server.revokeAccessTokens()
  await api.get('/me')
  expect(callsTo('me').map(({ status }) => status)).toEqual([401, 200])
  expect(seen).toEqual([
    'request after, async',
    'request after, sync',
    'request before, async',
    'request before, sync',
    'response before',
    'response after'
  ])
})

describe('an instance with the fetch adapter', () => {
  const reissue: Respond = ({ url }, response) => {
    if (url === '/away') return void response.writeHead(307, { Location: '/there' }).end()
    response.writeHead(200, { Authorization: 'Bearer token-2' }).end('{}')
  }

  async function setUpFetch(options: CreateAxiosDefaults = {}) {
    const server = await startRecordingServer(reissue)
    const elsewhere = await startRecordingServer(reissue)
    const auth = createAuthClient({ baseURL: server.url })
    onTestFinished(auth.dispose)
    await auth.login(async () => ({ access_token: 'token-1' }))
    const api = axios.create({ baseURL: server.url, adapter: 'fetch', ...options })
    auth.attach(api)
    return { auth, api, server, elsewhere }
  }

  it.each([
    ['directly', '/here'],
    ['after a redirect within the origin', '/away']
  ])('adopts a token that the origin re-issues %s', async (_, path) => {
    const { auth, api } = await setUpFetch()
    await api.get(path)
    expect(await auth.getAccessToken()).toBe('token-2')
  })

  it('does not adopt a token from another origin after a redirect', async () => {
    const { elsewhere } = await setUpFetch()
    const leading = await startRecordingServer((_, response) =>
      response.writeHead(307, { Location: `${elsewhere.url}/here` }).end()
    )
    const auth = createAuthClient({ baseURL: leading.url })
    onTestFinished(auth.dispose)
    await auth.login(async () => ({ access_token: 'token-1' }))
    const { headers } = await auth.axios.get('/', { adapter: 'fetch' })
    expect(await auth.getAccessToken()).toBe('token-1')
    expect(AxiosHeaders.from(headers as AxiosHeaders).has('Authorization')).toBe(false)
    expect(elsewhere.headerOf(elsewhere.requests[0], 'authorization')).toBe(undefined)
  })

  it('calls the app’s own fetch, and adopts a token only if the response has a URL', async () => {
    const called: string[] = []
    const { auth, api, server } = await setUpFetch({
      env: {
        fetch(input, init) {
          called.push((input as Request).url)
          return fetch(input, init)
        }
      }
    })
    await api.get('/here')
    expect(called).toEqual([`${server.url}/here`])
    expect(await auth.getAccessToken()).toBe('token-2')
    const env = {
      fetch: async () => new Response('{}', { headers: { Authorization: 'Bearer 3' } })
    }
    const silent = await setUpFetch({ env })
    await silent.api.get('/here')
    expect(await silent.auth.getAccessToken()).toBe('token-1')
  })

  it('looks up the global fetch at each call', async () => {
    const { api } = await setUpFetch()
    const stub = vi.fn(async () => new Response('{"stubbed":true}'))
    vi.stubGlobal('fetch', stub)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect((await api.get('/here')).data).toEqual({ stubbed: true })
    expect(stub).toHaveBeenCalledTimes(1)
  })
})
