// Request flags: the key `everbearer` omits the token, requires it, or changes the reaction to a
// refusal.
import axios, { type AxiosInstance } from 'axios'
import type { RequestFlags } from 'everbearer'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

afterEach(() => void vi.unstubAllGlobals())

const ways: readonly [
  string,
  (setup: ClientSetup, url: string, flags: unknown) => Promise<unknown>
][] = [
  ['axios', ({ auth }, url, flags) => auth.axios.get(url, { everbearer: flags as RequestFlags })],
  [
    'axios, with instance defaults',
    ({ auth, browser }, url, flags) => {
      const everbearer = flags as RequestFlags
      const api = axios.create({ baseURL: apiOrigin, adapter: browser.adapter, everbearer })
      auth.attach(api)
      return api.get(url)
    }
  ],
  [
    'axios, with an interceptor of the app',
    ({ auth, browser }, url, flags) => {
      const api: AxiosInstance = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
      api.interceptors.request.use((config) => ({ ...config, everbearer: flags as RequestFlags }))
      auth.attach(api)
      return api.get(url)
    }
  ],
  [
    'fetch',
    async ({ auth }, url, flags) => {
      const response = await auth.fetch(`${apiOrigin}${url}`, { everbearer: flags as RequestFlags })
      if (!response.ok) throw Object.assign(new Error('not ok'), { response })
      return response
    }
  ]
]

describe.each(ways)('a flagged request over %s', (_, send) => {
  function setUp(): ClientSetup {
    const setup = setUpClient()
    vi.stubGlobal('fetch', setup.browser.fetch)
    return setup
  }

  it('attaches the token and replays by default', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    setup.server.revokeAccessTokens()
    for (const flags of [
      undefined,
      {},
      { accessToken: undefined, onRefusal: undefined },
      { accessToken: 'attach', onRefusal: 'replay', background: false }
    ]) {
      expect(await send(setup, '/me', flags)).toMatchObject({ status: 200 })
    }
    expect(setup.callsTo('refresh')).toHaveLength(1)
  })

  it('sends without the token and does not refresh, with accessToken: omit', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    await expect(send(setup, '/me', { accessToken: 'omit' })).rejects.toMatchObject({
      response: { status: 401 }
    })
    expect(setup.callsTo('me').map((call) => call.outcome)).toEqual(['missing_token'])
    expect(setup.callsTo('refresh')).toHaveLength(0)
  })

  it('does not wait for a restore, with accessToken: omit', async () => {
    const setup = setUp()
    const gate = setup.browser.hold('/refresh')
    const next = setup.reload({ restore: 'always' })
    await gate.arrived(1)
    await expect(
      send({ ...setup, auth: next }, '/me', { accessToken: 'omit' })
    ).rejects.toMatchObject({ response: { status: 401 } })
    gate.release()
  })

  it('rejects without sending if the user is not signed in, with accessToken: require', async () => {
    const setup = setUp()
    await expect(send(setup, '/me', { accessToken: 'require' })).rejects.toMatchObject({
      name: 'AuthError',
      code: 'ERR_AUTH_NOT_AUTHENTICATED'
    })
    expect(setup.browser.requests).toHaveLength(0)
  })

  it('waits for the restore, with accessToken: require', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    const next = setup.reload({ restore: 'always' })
    expect(await send({ ...setup, auth: next }, '/me', { accessToken: 'require' })).toMatchObject({
      status: 200
    })
    setup.server.endSessions()
    const last = setup.reload({ restore: 'always' })
    await expect(
      send({ ...setup, auth: last }, '/me', { accessToken: 'require' })
    ).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
    expect(setup.callsTo('me').map((call) => call.outcome)).toEqual(['accepted'])
  })

  it('returns the refusal after a refresh, with onRefusal: refresh', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    setup.server.revokeAccessTokens()
    const flags = { onRefusal: 'refresh' }
    await expect(send(setup, '/me', flags)).rejects.toMatchObject({ response: { status: 401 } })
    expect(setup.callsTo('me')).toHaveLength(1)
    expect(setup.callsTo('refresh')).toHaveLength(1)
    expect(await send(setup, '/me', flags)).toMatchObject({ status: 200 })
  })

  it('returns the refusal even if the refresh fails, with onRefusal: refresh', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    setup.server.revokeAccessTokens()
    setup.browser.intercept('/refresh', { kind: 'unreachable' })
    await expect(send(setup, '/me', { onRefusal: 'refresh' })).rejects.toMatchObject({
      response: { status: 401 }
    })
  })

  it('returns the refusal of the one attempt and does not refresh, with onRefusal: ignore', async () => {
    const setup = setUp()
    await setup.auth.login(ada)
    setup.server.revokeAccessTokens()
    await expect(send(setup, '/me', { onRefusal: 'ignore' })).rejects.toMatchObject({
      response: { status: 401 }
    })
    expect(setup.callsTo('me')).toHaveLength(1)
    expect(setup.callsTo('refresh')).toHaveLength(0)
    expect(await send(setup, '/me', {})).toMatchObject({ status: 200 })
  })

  it.each([
    [{ acessToken: 'omit' }, 'everbearer.acessToken', 'no such option; did you mean accessToken?'],
    [{ accessToken: 'none' }, 'everbearer.accessToken', '"none"'],
    [{ accessToken: true }, 'everbearer.accessToken', 'true'],
    [{ onRefusal: 'twice' }, 'everbearer.onRefusal', '"twice"'],
    [{ onRefusal: 'refersh' }, 'everbearer.onRefusal', 'did you mean "refresh"'],
    [{ onRefusal: null }, 'everbearer.onRefusal', 'null'],
    [{ background: 'yes' }, 'everbearer.background', '"yes"'],
    ['omit', 'everbearer', '"omit"'],
    [null, 'everbearer', 'null']
  ])(
    'rejects the flags %j without sending, and names the wrong one',
    async (flags, name, detail) => {
      const setup = setUp()
      await setup.auth.login(ada)
      const before = setup.browser.requests.length
      await expect(send(setup, '/me', flags)).rejects.toMatchObject({
        code: 'ERR_AUTH_INVALID_OPTIONS',
        message: expect.stringMatching(new RegExp(`^Option ${name}: .*${detail}`))
      })
      expect(setup.browser.requests).toHaveLength(before)
    }
  )
})

it('rejects without sending to an untrusted origin, with accessToken: require', async () => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const before = browser.requests.length
  await expect(
    auth.axios.get('https://evil.example/me', { everbearer: { accessToken: 'require' } })
  ).rejects.toMatchObject({
    code: 'ERR_AUTH_INVALID_OPTIONS',
    message: expect.stringContaining('trusted origin')
  })
  expect(browser.requests).toHaveLength(before)
})

it('prefers the caller’s own Authorization to a required token', async () => {
  const { auth, browser } = setUpClient()
  await auth
    .axios('/me', {
      headers: { Authorization: 'Basic eDp5' },
      everbearer: { accessToken: 'require' }
    })
    .catch(() => {})
  expect(browser.requests.at(-1)?.headers).toMatchObject({ Authorization: 'Basic eDp5' })
})

it('ignores flags that Object.prototype holds', async () => {
  const { auth } = setUpClient()
  await auth.login(ada)
  auth.axios.interceptors.request.use((config) => ({ ...config }))
  Object.defineProperty(Object.prototype, 'everbearer', {
    value: { accessToken: 'omit' },
    configurable: true
  })
  try {
    expect((await auth.axios.get('/me')).status).toBe(200)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'everbearer')
  }
})

it('runs the app’s response interceptors when a flag is wrong', async () => {
  const { auth } = setUpClient()
  const seen: unknown[] = []
  auth.axios.interceptors.response.use(undefined, (error) => {
    seen.push(error.code)
    throw error
  })
  await auth.axios.get('/me', { everbearer: { onRefusal: 'x' as 'ignore' } }).catch(() => {})
  expect(seen).toEqual(['ERR_AUTH_INVALID_OPTIONS'])
})
