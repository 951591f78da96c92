// Configs and errors that the app sees: they hold neither the token nor our adapter.
import { inspect } from 'node:util'
import axios, { type AxiosAdapter, AxiosError, type InternalAxiosRequestConfig } from 'axios'
import { describe, expect, it } from 'vitest'
import type { Respond } from '../support/setups/recording-server.ts'
import { setUpReplay } from '../support/tables/replay-cases.ts'

const fail: Respond = (_, response) => response.writeHead(500).end('{}')
const succeed: Respond = (_, response) => response.end('{}')

describe('an adapter of the app that wraps an adapter of axios', () => {
  const wrap =
    (toError: (error: AxiosError) => Error): AxiosAdapter =>
    (config) =>
      axios
        .getAdapter('http')(config)
        .catch((error) => Promise.reject(toError(error)))

  it.each<[string, (error: AxiosError) => Error]>([
    ['AxiosError.from', (error) => AxiosError.from(error, 'ERR_OWN', error.config)],
    ['an error with a cause', (error) => new Error('own', { cause: error })],
    [
      'an error with a config and a cause',
      (error) => Object.assign(new Error('own', { cause: error }), { config: error.config })
    ]
  ])('rejects with an error that holds no token: %s', async (_, toError) => {
    const { auth, url } = await setUpReplay('http', fail)
    const error = await auth.axios.get(url, { adapter: wrap(toError) }).catch((reason) => reason)
    expect(inspect(error, { depth: 10 })).not.toContain('token-1')
  })
})

describe('the config of a request that was cancelled before it was sent', () => {
  async function cancelled() {
    const setup = await setUpReplay('http', succeed)
    const error = await setup.auth.axios
      .get(setup.url, { signal: AbortSignal.abort() })
      .catch((reason) => reason)
    const { signal, ...config } = error.config
    return { ...setup, config }
  }

  it('holds the app’s adapter', async () => {
    expect((await cancelled()).config.adapter).toBe('http')
  })

  it('carries no token when an instance that is not attached sends it again', async () => {
    const { bare, config, requests, headerOf } = await cancelled()
    await bare(config)
    expect(headerOf(requests[0], 'authorization')).toBe(undefined)
  })
})

describe('the config of a request over an adapter of axios', () => {
  type Config = InternalAxiosRequestConfig

  async function setUp(adapter: 'http' | 'fetch', respond: Respond) {
    const setup = await setUpReplay(adapter, respond)
    const configs: Config[] = []
    setup.auth.axios.interceptors.request.use((config) => {
      configs.push(config)
      return config
    })
    return { ...setup, configs }
  }

  it.each([
    ['http', 200],
    ['http', 500],
    ['fetch', 200],
    ['fetch', 500]
  ] as const)('never has the token, over %s and with the status %s', async (adapter, status) => {
    let shown = ''
    const setup = await setUp(adapter, (_, response) => {
      shown = inspect(setup.configs, { depth: 10, showHidden: true })
      response.writeHead(status).end('{}')
    })
    const { auth, url, configs } = setup
    const { config } = await auth.axios.get(url).catch((error) => error)
    expect(config).toBe(configs[0])
    shown += inspect(config, { depth: 10, showHidden: true })
    expect(shown).not.toContain('token-1')
    expect(config).not.toHaveProperty('sensitiveHeaders')
    expect(config).not.toHaveProperty('env.fetch')
  })

  it('has no token after an adapter of the app has sent it twice at once', async () => {
    const { auth, url, configs, requests, headerOf } = await setUp('http', succeed)
    auth.axios.interceptors.request.use((config) => {
      const once = axios.getAdapter(config.adapter)
      config.adapter = async (sent) => {
        const [first] = await Promise.all([once(sent), once(sent)])
        return first
      }
      return config
    })
    await auth.axios.get(url, { withXSRFToken: () => true })
    expect(inspect(configs, { depth: 10, showHidden: true })).not.toContain('token-1')
    const sent = requests.map((request) => headerOf(request, 'authorization'))
    expect(sent).toContain('Bearer token-1')
  })
})

describe('a printed response', () => {
  it('holds no token if its body is a stream of Node', async () => {
    const { auth, url } = await setUpReplay('http', succeed)
    const response = await auth.axios.get(url, { responseType: 'stream' })
    expect(inspect(response, { depth: 10 })).not.toContain('token-1')
    response.data.destroy()
  })

  it('holds no token if its request shows its headers, as in React Native', async () => {
    const { auth, url } = await setUpReplay('http', succeed)
    const response = await auth.axios.get(url, {
      adapter: async (config) => ({
        data: '',
        status: 200,
        statusText: '',
        headers: {},
        config,
        request: { responseURL: url, _headers: { ...config.headers } }
      })
    })
    expect(JSON.stringify(response)).not.toContain('token-1')
    expect(inspect(response, { depth: 10 })).not.toContain('token-1')
  })
})
