// Inputs that bare axios accepts: an attached instance accepts them too.
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import axios, { type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Respond } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

const ok: Respond = (_, response) => response.end('{}')

describe.each([false, '', 0])(
  'an option that is %j, the result of `condition && value`',
  (nothing) => {
    it('does not count as basic authentication, so the request carries the token', async () => {
      const { auth, bare, url, requests, headerOf } = await setUpReplay('http', ok)
      const config = { auth: nothing } as unknown as AxiosRequestConfig
      await bare.get(url, config)
      await auth.axios.get(url, config)
      expect(requests.map((request) => headerOf(request, 'authorization'))).toEqual([
        undefined,
        'Bearer token-1'
      ])
    })

    it('does not count as an adapter, so axios uses its default', async () => {
      const { auth, bare, url } = await setUpReplay('http', ok)
      const config = { adapter: nothing } as unknown as AxiosRequestConfig
      expect((await bare.get(url, config)).status).toBe(200)
      expect((await auth.axios.get(url, config)).status).toBe(200)
    })
  }
)

it('accepts a config that an interceptor froze', async () => {
  // Bare axios accepts it from 1.21 on.
  const { auth, url } = await setUpReplay('http', ok)
  auth.axios.interceptors.request.use((config) => Object.freeze({ ...config }))
  expect((await auth.axios.get(url)).status).toBe(200)
})

it('accepts plain headers from an adapter of the app that wraps ours', async () => {
  const { auth, bare, url } = await setUpReplay('http', ok)
  const attached = axios.create({ adapter: 'http' })
  for (const api of [bare, attached]) {
    api.interceptors.request.use((config) => {
      const inner = axios.getAdapter(config.adapter)
      config.adapter = (outer) =>
        inner({ ...outer, headers: { ...outer.headers } } as InternalAxiosRequestConfig)
      return config
    })
    if (api === attached) auth.attach(api)
    expect((await api.get(url)).status).toBe(200)
  }
})

it('replays plain data with fields named like stream methods', async () => {
  const { auth, url } = await setUpReplay('http')
  let calls = 0
  const { status } = await auth.axios.post(
    url,
    { pipe: 'copper', getReader: false },
    {
      transformRequest: (data) => data,
      async adapter(config) {
        calls += 1
        const answered = { data: {}, statusText: '', headers: {}, config }
        return { ...answered, status: calls === 1 ? 401 : 200 }
      }
    }
  )
  expect(status).toBe(200)
})

it('rejects with a frozen error of the app’s adapter', async () => {
  const { auth, url } = await setUpReplay('http')
  const mine = new Error('mine')
  const sending = auth.axios.get(url, {
    adapter: (config) =>
      Promise.reject(Object.freeze(Object.assign(mine, { config: { ...config } })))
  })
  expect(await sending.catch((error) => error)).toBe(mine)
})

describe('a re-issued token over Node’s http', () => {
  it('is adopted over HTTP/2, which does not follow redirects', async () => {
    const server = createServer()
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, authorization: 'Bearer token-2' })
      stream.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    onTestFinished(() => void server.close())
    const baseURL = `http://localhost:${(server.address() as AddressInfo).port}`
    const auth = createAuthClient({ baseURL })
    onTestFinished(auth.dispose)
    await auth.login(async () => ({ access_token: 'token-1' }))
    await auth.axios.get('/', { adapter: 'http', httpVersion: 2 })
    expect(await auth.getAccessToken()).toBe('token-2')
  })

  it('is not adopted if the header came twice', async () => {
    const { auth, url } = await setUpReplay('http', (_, response) => {
      response.writeHead(200, ['Authorization', 'Bearer one', 'Authorization', 'Bearer two']).end()
    })
    await auth.axios.get(url)
    expect(await auth.getAccessToken()).toBe('token-1')
  })
})
