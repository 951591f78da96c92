// http outside the loopback: allowed for a page that is http itself, or by allowInsecureRequests.
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const elsewhere = [
  ['a phone on the LAN', 'http://192.168.1.20:4000'],
  ['the host of an Android emulator', 'http://10.0.2.2:4000'],
  ['a container', 'http://api:8000'],
  ['a .test name', 'http://shop.test'],
  ['an intranet name', 'http://intranet/api'],
  ['a link-local address', 'http://[fe80::1]:4000'],
  ['a public host', 'http://api.example.com'],
  ['a name that looks like the loopback', 'http://localhost.example.com']
] as const
const loopback = [
  'http://localhost:4000',
  'http://api.localhost',
  'http://127.0.0.1',
  'http://127.8.9.1:81',
  'http://[::1]:4000'
]
const pages = {
  http: 'http://192.168.1.20:5173/',
  'http on the loopback': 'http://localhost:5173/',
  https: 'https://app.example/',
  file: 'file:///app/index.html',
  none: undefined
} as const

function create(page: keyof typeof pages, options: AuthClientOptions): string {
  const platform = { pageUrl: () => pages[page], warn: () => {} }
  try {
    onTestFinished(createAuthClient({ restore: 'never', ...options, platform }).dispose)
    return 'created'
  } catch (error) {
    return String(error)
  }
}

const allows = (page: keyof typeof pages, allowInsecureRequests: boolean) =>
  page.startsWith('http ') || page === 'http' || (allowInsecureRequests && page !== 'https')

const rows = elsewhere.flatMap(([name, baseURL]) =>
  (Object.keys(pages) as (keyof typeof pages)[]).flatMap((page) =>
    [true, false].map((allowInsecureRequests) => ({
      name,
      baseURL,
      page,
      allowInsecureRequests,
      does: allows(page, allowInsecureRequests) ? 'allows' : 'refuses'
    }))
  )
)

it.each(rows)(
  '$does $name ($baseURL) for a page: $page, with allowInsecureRequests: $allowInsecureRequests',
  ({ baseURL, page, allowInsecureRequests, does }) => {
    const { origin } = new URL(baseURL)
    const byBase = create(page, { baseURL, allowInsecureRequests })
    const trustedOrigins = ['https://api.example.com', origin]
    const byList = create(page, { trustedOrigins, allowInsecureRequests })
    if (does === 'allows') expect([byBase, byList]).toEqual(['created', 'created'])
    else {
      expect(byBase).toMatch(/Option baseURL: expected an https URL .*allowInsecureRequests: true/)
      expect(byList).toMatch(/Option trustedOrigins\[1\]: .*allowInsecureRequests: true/)
      expect(byBase).toContain(`received "${baseURL}"`)
    }
  }
)

it.each(loopback)('allows %s for every page', (baseURL) => {
  for (const page of Object.keys(pages) as (keyof typeof pages)[]) {
    expect(create(page, { baseURL }), page).toBe('created')
  }
})

it.each(['ftp://intranet', 'ws://intranet'])('refuses %s with every option', (origin) => {
  expect(create('http', { trustedOrigins: [origin], allowInsecureRequests: true })).toContain(
    'Option trustedOrigins'
  )
})

it('refuses an auth endpoint over http for a page that is https, and names the option', () => {
  const contract = { login: 'http://intranet/login', refresh: 'http://intranet/refresh' }
  const create = () => setUpClient({ contract, allowInsecureRequests: true })
  expect(create).toThrow(/^Option contract\.login\.path: .*allowInsecureRequests/)
})

describe('a page that is http on the LAN', () => {
  const lan = 'http://192.168.1.20:4000'
  const onTheLan = { baseURL: lan, platform: { pageUrl: () => pages.http } }

  it('signs in, sends the token, and warns once in development', async () => {
    const { auth, browser, idle } = setUpClient(onTheLan)
    await auth.login(ada)
    await auth.axios.get('/me')
    await auth.refresh()
    await auth.axios.get('/me')
    await idle()
    expect(browser.requests.at(-1)).toMatchObject({
      url: `${lan}/me`,
      headers: { Authorization: expect.stringContaining('Bearer ') }
    })
    expect(browser.warnings).toEqual([
      `everbearer: the access token may travel to ${lan} over http, and the network can read it. Use https in production.`
    ])
  })

  it('uses its own origin by default', async () => {
    const { auth, browser } = setUpClient({
      baseURL: '',
      platform: { pageUrl: () => 'http://shop.test/' }
    })
    await auth.login(async () => ({ access_token: 'token-1' }))
    auth.axios.defaults.adapter = (config) =>
      browser.adapter({ ...config, baseURL: 'http://shop.test' })
    await auth.axios.get('/me').catch(() => {})
    const sent = browser.requests.find(({ url }) => url.endsWith('/me'))
    expect(sent?.headers).toMatchObject({ Authorization: 'Bearer token-1' })
    expect(browser.warnings.join()).toContain('http://shop.test over http')
  })

  it('sends no token to an origin that is not trusted', async () => {
    const { auth, browser } = setUpClient(onTheLan)
    await auth.login(ada)
    await auth.axios.get('http://192.168.1.20:9/me').catch(() => {})
    expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
  })
})

it('warns of no http if every origin is https or the loopback', async () => {
  for (const baseURL of ['https://api.app.example', 'http://localhost:4000', '']) {
    const { browser, idle } = setUpClient({ baseURL })
    await idle()
    expect(browser.warnings).toEqual([])
  }
})

it('warns if an auth endpoint is http outside the loopback', async () => {
  const { auth, browser, idle } = setUpClient({
    contract: { login: 'http://auth.lan/login' },
    allowInsecureRequests: true,
    platform: { pageUrl: () => pages.file }
  })
  await auth.login(ada).catch(() => {})
  await idle()
  expect(browser.warnings.join()).toContain('to http://auth.lan over http')
})
