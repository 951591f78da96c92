// Adapters of the app: their errors, their config and their lifetime.
import { inspect } from 'node:util'
import axios, { AxiosError, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { collectGarbage } from '../../support/collect-garbage.ts'
import type { Respond } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

const ok: Respond = (_, response) => response.end('{}')
const down = async (config: InternalAxiosRequestConfig) => {
  throw new AxiosError('down', 'ERR_DOWN', config)
}

describe('an error of another request that the app’s adapter made', () => {
  it('keeps its own config when the adapter throws it', async () => {
    const { auth } = await setUpReplay('http', ok)
    const adapter = () => axios.get('/primary', { adapter: down })
    const error = await auth.axios.get('/items', { adapter }).catch((reason) => reason)
    expect(error.config.url).toBe('/primary')
  })

  it('keeps its own config when it is the cause of the thrown error', async () => {
    const { auth } = await setUpReplay('http', ok)
    const adapter = async (config: InternalAxiosRequestConfig) => {
      const cause = await axios.get('/primary', { adapter: down }).catch((reason) => reason)
      throw Object.assign(new AxiosError('both are down', 'ERR_DOWN', config), { cause })
    }
    const error = await auth.axios.get('/items', { adapter }).catch((reason) => reason)
    expect([error.config.url, error.cause.config.url]).toEqual(['/items', '/primary'])
  })
})

it('keeps the token out of the error that ends a stream when the app’s adapter calls the fetch adapter', async () => {
  const { auth, url } = await setUpReplay('http', (_, response) => {
    response.writeHead(200).write('x'.repeat(100))
  })
  const { data } = await auth.axios.get(url, {
    adapter: (config) => axios.getAdapter('fetch', config)(config),
    responseType: 'stream',
    maxContentLength: 10
  })
  const error = await data
    .getReader()
    .read()
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ message: 'maxContentLength size of 10 exceeded' })
  expect(JSON.stringify(error)).not.toContain('token-1')
  expect(inspect(error, { depth: 10 })).not.toContain('token-1')
})

it.each([[['fetch']], [['fetch', 'http']]])(
  'rejects a no-cors request that requires the token, with the adapters %j',
  async (adapter) => {
    const { auth, url, requests } = await setUpReplay('http', ok)
    const sending = auth.axios.get(url, {
      adapter,
      fetchOptions: { mode: 'no-cors' },
      everbearer: { accessToken: 'require' }
    } as AxiosRequestConfig)
    await expect(sending).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
    expect(requests).toEqual([])
  }
)

it('passes the same config to the app’s adapter alone and in a list', async () => {
  const { auth, url } = await setUpReplay('http', ok)
  const history: InternalAxiosRequestConfig[] = []
  const adapter = async (config: InternalAxiosRequestConfig) => {
    history.push(config)
    return { data: {}, status: 200, statusText: '', headers: {}, config }
  }
  for (const given of [adapter, [adapter]]) {
    await auth.axios.get(url, { adapter: given } as AxiosRequestConfig)
  }
  const [alone, listed] = history.map(({ headers }) => headers.get('Authorization'))
  expect(listed).toBe(alone)
})

it('frees a thousand attached instances, and its references to them, when the app drops them', async () => {
  const { auth } = await setUpReplay('http', ok)
  const references: WeakRef<object>[] = []
  const Native = WeakRef
  class Noted extends Native<object> {
    constructor(target: object) {
      super(target)
      references.push(new Native(this))
    }
  }
  vi.stubGlobal('WeakRef', Noted)
  onTestFinished(() => void vi.unstubAllGlobals())
  for (let nth = 0; nth < 1_000; nth += 1) auth.attach(axios.create())
  await collectGarbage()
  auth.attach(axios.create())
  await collectGarbage()
  expect(references.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(50)
})
