// Errors of an axios request that the client caused: what an interceptor of the app can read, and
// that no library sends the request again as another user.
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, { AxiosError, type AxiosResponse } from 'axios'
import axiosRetry from 'axios-retry'
import { AuthError, createAuthClient, isAuthError } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { refuseFirstToken, startRecordingServer } from '../../support/setups/recording-server.ts'
import { ada, grace, setUpClient } from '../../support/setups/test-client.ts'
import { apiOrigin } from '../../support/setups/virtual-browser.ts'

async function setUp() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const sentTo = (path: string) =>
    setup.browser.requests.filter(({ url }) => url.endsWith(path)).length
  return { ...setup, sentTo }
}

/** Every refusal causes a refresh that gets no answer. */
async function setUpWithoutNetwork() {
  const setup = await setUp()
  setup.server.revokeAccessTokens()
  setup.browser.intercept('/refresh', { kind: 'unreachable' }, 10)
  return setup
}

/** A request of Ada waits for a refresh while she signs out and Grace signs in. */
async function changeUserDuring(
  send: (setup: Awaited<ReturnType<typeof setUp>>) => Promise<AxiosResponse>
) {
  const setup = await setUp()
  const { auth, server, browser } = setup
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const outcome = send(setup).catch((failure) => failure)
  await gate.arrived(1)
  const signingOut = auth.logout()
  gate.release()
  await signingOut
  await auth.login(grace)
  return { ...setup, error: await outcome }
}

it('rejects with an error that is an AuthError and an axios error', async () => {
  const { auth } = await setUpWithoutNetwork()
  const error = await auth.axios.get('/me', { params: { a: 1 } }).catch((failure) => failure)
  expect(error).toBeInstanceOf(AuthError)
  expect(isAuthError(error, 'ERR_AUTH_NETWORK')).toBe(true)
  expect(axios.isAxiosError(error)).toBe(true)
  expect(error).toMatchObject({
    code: 'ERR_AUTH_NETWORK',
    config: { url: '/me', params: { a: 1 } }
  })
  expect(error.response).toBe(undefined)
  expect(error.request).toBe(undefined)
  expect(isAuthError(error.cause, 'ERR_AUTH_NETWORK')).toBe(true)
})

it('gives each request that waits for one refresh an error with its own config', async () => {
  const { auth, server, browser, callsTo } = await setUp()
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'lost' })
  const gate = browser.hold('/refresh')
  const urls = ['/a', '/b', '/c']
  const asking = Promise.all(urls.map((url) => auth.axios.get(url).catch((error) => error)))
  await gate.arrived(1)
  await browser.settle()
  gate.release()
  const outcomes = await asking
  expect(outcomes.map(({ config }) => config.url)).toEqual(urls)
  expect(new Set(outcomes.map(({ cause }) => cause)).size).toBe(1)
  expect(callsTo('refresh')).toHaveLength(1)
})

it('lets an interceptor of the app mark the config and send it again', async () => {
  const { auth, server, browser, clock, idle } = await setUp()
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'unreachable' }, 2)
  const codes: string[] = []
  auth.axios.interceptors.response.use(null, async (error) => {
    codes.push(error.code)
    if (error.response?.status === 401 || error.config._retry) throw error
    error.config._retry = true
    return auth.axios(error.config)
  })
  const asking = auth.axios.get('/me').catch((error) => error)
  await idle()
  // The second request waits for the next refresh.
  clock.tick(1_000)
  await idle()
  const failure = await asking
  expect(codes).toEqual(['ERR_AUTH_NETWORK', 'ERR_AUTH_NETWORK'])
  expect(failure.config._retry).toBe(true)
})

it('prints no config and no token, and has the JSON of an axios error', async () => {
  const { auth } = await setUpWithoutNetwork()
  const token = await auth.getAccessToken()
  const headers = { 'X-Own': 'own header' }
  const error = await auth.axios.get('/me', { headers }).catch((failure) => failure)
  expect(inspect(error)).toContain('ERR_AUTH_NETWORK')
  expect(inspect(error)).not.toContain('own header')
  const json = JSON.parse(JSON.stringify(error))
  const { name, message, code, stack } = error
  const facts = { name, message, code, stack, config: { url: '/me', method: 'get' } }
  expect(json).toMatchObject(facts)
  expect(Object.keys(json).sort()).toEqual(
    Object.keys(JSON.parse(JSON.stringify(new AxiosError('', 'A', error.config, {})))).sort()
  )
  for (const text of [JSON.stringify(json), inspect(error, { depth: 9, showHidden: true })]) {
    expect(text).not.toContain(token)
  }
})

it('has the config also after dispose() and for wrong flags', async () => {
  const { auth } = await setUp()
  const wrong = { everbearer: { accessToken: 'sometimes' } } as never
  const rejected = await auth.axios.get('/me', wrong).catch((error) => error)
  expect(rejected).toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS', config: { url: '/me' } })
  auth.dispose()
  const disposed = await auth.axios.get('/me').catch((error) => error)
  expect(disposed).toMatchObject({ code: 'ERR_AUTH_DISPOSED', config: { url: '/me' } })
  expect(axios.isAxiosError(disposed)).toBe(true)
})

describe('a request of a session that has ended', () => {
  it('is not sent as the next user if its config is sent again', async () => {
    const { auth, error, sentTo } = await changeUserDuring(({ auth: { axios: api } }) =>
      api.post('/notes', { of: 'ada' })
    )
    expect(error).toMatchObject({
      code: 'ERR_AUTH_SESSION_CHANGED',
      config: { method: 'post', url: '/notes', data: '{"of":"ada"}' }
    })
    const sent = sentTo('/notes')
    await expect(auth.axios(error.config)).rejects.toMatchObject({ code: error.code })
    await expect(auth.axios({ ...error.config })).rejects.toMatchObject({ code: error.code })
    expect(sentTo('/notes')).toBe(sent)
    expect((await auth.axios.post('/notes', { of: 'grace' })).status).toBe(200)
  })

  it.each(['before', 'after'])(
    'is not sent again by axios-retry that is registered %s ours',
    async (order) => {
      const { error, sentTo } = await changeUserDuring(({ auth, browser }) => {
        const api = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
        if (order === 'after') auth.attach(api)
        axiosRetry(api as never, { retries: 3, retryDelay: () => 0, retryCondition: () => true })
        if (order === 'before') auth.attach(api)
        return api.post('/notes', { of: 'ada' })
      })
      expect(error).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
      expect(sentTo('/notes')).toBe(1)
    }
  )

  it('is not sent without a user if its session expired during the wait', async () => {
    const { auth, server, browser, clock, sentTo } = await setUp()
    // A hidden page refreshes only for a request.
    browser.setVisible(false)
    clock.tick(301_000)
    server.endSessions()
    const error = await auth.axios.post('/notes', {}).catch((failure) => failure)
    expect(error).toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED', config: { url: '/notes' } })
    await expect(auth.axios(error.config)).rejects.toMatchObject({ code: error.code })
    expect(sentTo('/notes')).toBe(0)
  })
})

it('sends a request with a spent body again only with a new stream', async () => {
  const server = await startRecordingServer(refuseFirstToken)
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({ baseURL: server.url, contract: { refresh: issue } })
  onTestFinished(auth.dispose)
  await auth.login(issue)
  const error = await auth.axios.put('/file', Readable.from(['one'])).catch((failure) => failure)
  expect(error).toMatchObject({ code: 'ERR_AUTH_BODY_SPENT', config: { url: '/file' } })
  await expect(auth.axios(error.config)).rejects.toMatchObject({ code: error.code })
  expect(server.requests).toHaveLength(1)
  const { status } = await auth.axios({ ...error.config, data: Readable.from(['two']) })
  expect(status).toBe(200)
  expect(server.requests).toHaveLength(2)
})
