// Configs and errors that the app sees: they hold neither the token nor our adapter.
import { inspect } from 'node:util'
import axios, { type AxiosAdapter, AxiosError } from 'axios'
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
