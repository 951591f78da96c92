// I6: the token leaves the client only as a header to a trusted origin.
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { expect, it, vi } from 'vitest'
import { joinUrl } from '../../src/lib/url.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

const everything = { depth: Infinity, showHidden: false } as const

it('keeps tokens out of errors, events, states, storage, logs and the printed client', async () => {
  const logged = ['log', 'info', 'warn', 'error', 'debug'].map((name) =>
    vi.spyOn(console, name as 'log').mockImplementation(() => {})
  )
  const { auth, server, browser, clock, events } = setUpClient()
  const tokens = new Set<string>()
  const printed: string[] = []
  const show = (value: unknown) =>
    printed.push(inspect(value, everything), JSON.stringify(value) ?? '')
  const keep = async () => tokens.add(await auth.getAccessToken())

  await auth.login(ada)
  await keep()
  browser.intercept('/missing', {
    kind: 'answer',
    response: {
      status: 404,
      headers: [['Authorization', `Bearer ${await auth.getAccessToken()}`]],
      setCookies: [],
      body: ''
    }
  })
  show(await auth.axios.get('/missing').catch((error) => error))
  server.rotateKey()
  const answer = await auth.axios.get('/me')
  show(answer)
  await keep()
  clock.tick(6_000)
  server.revokeAccessTokens()
  show((await auth.axios.get('/me')).config)
  await keep()
  browser.intercept('/me', { kind: 'unreachable' })
  show(await auth.axios.get('/me').catch((error) => error))
  browser.intercept('/refresh', { kind: 'unreachable' })
  show(await auth.refresh().catch((error) => error))
  show(auth)
  show(auth.getState())
  server.endSessions()
  clock.tick(6_000)
  const refused = await auth.axios.get('/me').catch((error) => error)
  show(refused)
  show([refused.config, refused.response.config, refused.toJSON(), refused.stack, refused.message])
  show(events)
  show([...browser.storage.entries])
  show(browser.requests.map(({ url }) => url))
  show(logged.map((spy) => spy.mock.calls))
  vi.restoreAllMocks()

  expect(tokens.size).toBe(3)
  const text = printed.join('\n')
  expect(text).toContain('Request failed with status code 401')
  for (const token of tokens) {
    const signature = token.split('.')[2] ?? token
    expect(text.includes(signature)).toBe(false)
  }
})

it.each([
  'https://evil.example/me',
  '//evil.example/me',
  'https://api.app.example.evil.example/me',
  'https://evil.example/https://api.app.example',
  'https://api.app.example@evil.example/me',
  'https://x.api.app.example/me',
  'https://api.app.example:8443/me',
  'http://api.app.example/me',
  'https://app.example/me',
  'HTTPS://EVIL.EXAMPLE/me'
])('sends no token to %s', async (url) => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  await auth.axios.get(url).catch(() => {})
  const { headers } = browser.requests.at(-1) ?? { headers: {} }
  expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain('authorization')
})

it.each([
  '/me',
  'me',
  `${apiOrigin}/me`,
  'HTTPS://API.APP.EXAMPLE/me',
  '//api.app.example/me',
  'https://api.app.example:443/me'
])('sends the token to %s', async (url) => {
  const { auth, callsTo } = setUpClient()
  await auth.login(ada)
  await auth.axios.get(url)
  expect(callsTo('me').map((call) => call.status)).toEqual([200])
})

it('judges the URL that the app’s interceptors set after ours ran', async () => {
  const { auth, browser } = setUpClient()
  const api = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
  api.interceptors.request.use((config) => ({ ...config, baseURL: 'https://evil.example' }))
  auth.attach(api)
  await auth.login(ada)
  await api.get('/me').catch(() => {})
  expect(browser.requests.at(-1)?.url).toBe('https://evil.example/me')
  expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
})

it.each([undefined, true, false, null, 0, ''])(
  'joins URLs as axios does, with allowAbsoluteUrls: %j',
  (allowAbsoluteUrls) => {
    const bases = [
      '',
      '/',
      '/api',
      '/api/',
      'https://api.app.example',
      'https://api.app.example/v1//',
      '//cdn.example'
    ]
    const urls = [
      '',
      '/',
      '/me',
      'me',
      '//evil.example/x',
      'https://evil.example/x',
      'HTTP://evil.example',
      '\\\\evil.example',
      'a:b',
      '?q'
    ]
    for (const baseURL of bases) {
      for (const url of urls) {
        const config = { baseURL, url, allowAbsoluteUrls: allowAbsoluteUrls as boolean }
        expect(joinUrl(baseURL, url, allowAbsoluteUrls)).toBe(toAxiosUrl(config))
      }
    }
  }
)

/** The URL that axios would send to. An undefined option falls back to the defaults of axios. */
function toAxiosUrl({ allowAbsoluteUrls, ...config }: AxiosRequestConfig): string {
  return axios
    .create()
    .getUri(allowAbsoluteUrls === undefined ? config : { ...config, allowAbsoluteUrls })
}

it('trusts the listed origins instead of the origin of baseURL', async () => {
  const { auth, browser } = setUpClient({ trustedOrigins: ['https://other.example'] })
  await auth.login(ada)
  await auth.axios.get('https://other.example/me').catch(() => {})
  expect(browser.requests.at(-1)?.headers).toHaveProperty('Authorization')
  await auth.axios.get('/me').catch(() => {})
  expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
})

it('does not change the global axios', async () => {
  const snapshot = inspect(axios.defaults, everything)
  const { auth } = setUpClient()
  await auth.login(ada)
  await auth.axios.get('/me')
  auth.dispose()
  expect(inspect(axios.defaults, everything)).toBe(snapshot)
})
