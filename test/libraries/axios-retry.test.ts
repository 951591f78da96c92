// axios-retry: it retries failed requests above the client, which replays refused ones below.
import axios, { type AxiosError } from 'axios'
import axiosRetry from 'axios-retry'
import type { WireResponse } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

function answer(status: number, headers: WireResponse['headers'] = []): WireResponse {
  return { status, headers, setCookies: [], body: '{}' }
}

describe.each(['before', 'after'])('axios-retry that is registered %s ours', (order) => {
  async function createRetrying(retryCondition?: (error: AxiosError) => boolean) {
    const setup = setUpClient()
    await setup.auth.login(ada)
    const api = axios.create({ baseURL: apiOrigin, adapter: setup.browser.adapter })
    const options = { retries: 3, ...(retryCondition && { retryCondition }) }
    if (order === 'before') axiosRetry(api as never, options as never)
    setup.auth.attach(api)
    if (order === 'after') axiosRetry(api as never, options as never)
    return { ...setup, api }
  }

  it('retries a failed request, and each attempt can be replayed', async () => {
    const { api, server, browser, callsTo } = await createRetrying(
      ({ response }) => response?.status === 503
    )
    browser.intercept('/me', { kind: 'answer', response: answer(503) }, 2)
    const sending = api.get('/me')
    server.revokeAccessTokens()
    const { config, status } = await sending
    expect(status).toBe(200)
    expect(browser.requests.filter(({ url }) => url.endsWith('/me'))).toHaveLength(4)
    expect(callsTo('me').map((call) => call.status)).toEqual([401, 200])
    expect(callsTo('refresh')).toHaveLength(1)
    expect(config.headers.has('Authorization')).toBe(false)
    expect(config.adapter).toBe(browser.adapter)
  })

  it('sends the same body in each attempt, and makes no extra attempts', async () => {
    const { api, server, browser } = await createRetrying(
      ({ response }) => response?.status === 503
    )
    const sent = () =>
      browser.requests.filter(({ url }) => url.endsWith('/notes')).map(({ body }) => body)
    browser.intercept('/notes', { kind: 'answer', response: answer(503) }, 1)
    server.revokeAccessTokens()
    expect((await api.post('/notes', { text: '"quoted"' })).status).toBe(200)
    expect(sent()).toEqual(Array(3).fill('{"text":"\\"quoted\\""}'))
  })

  it('retries a request that failed with its refresh as often as any request without an answer', async () => {
    const { api, server, browser } = await createRetrying()
    server.revokeAccessTokens()
    const response = answer(503, [['Retry-After', '120']])
    browser.intercept('/refresh', { kind: 'answer', response })
    const error = await api.get('/me').catch((failure) => failure)
    expect(error).toMatchObject({ code: 'ERR_AUTH_SERVER_ERROR' })
    expect(error.config['axios-retry'].retryCount).toBe(3)
    // The retries came before the client refreshes again.
    expect(browser.requests.filter(({ url }) => url.endsWith('/refresh'))).toHaveLength(1)
  })
  it('refreshes once if the server refuses the token of concurrent requests', async () => {
    const { api, server, callsTo } = await createRetrying()
    server.revokeAccessTokens()
    await Promise.all([api.get('/me'), api.get('/a'), api.get('/b')])
    expect(callsTo('refresh')).toHaveLength(1)
  })

  it('sends nothing for a session that has ended', async () => {
    const { api, server, browser, clock } = await createRetrying()
    // A hidden page refreshes only for a request.
    browser.setVisible(false)
    clock.tick(301_000)
    server.endSessions()
    const sent = browser.requests.length
    const error = await api.post('/notes', {}).catch((failure) => failure)
    expect(error).toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
    expect(browser.requests.slice(sent).map(({ url }) => url)).toEqual([`${apiOrigin}/refresh`])
  })
})
