// Entries of a config that axios accepts, although its types do not: a `URL`, and symbols.
import axios from 'axios'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../../support/setups/test-client.ts'
import { apiOrigin } from '../../support/setups/virtual-browser.ts'

async function setUp() {
  const setup = setUpClient()
  const api = axios.create({ adapter: setup.browser.adapter })
  setup.auth.attach(api)
  await setup.auth.login(ada)
  const url = new URL('/me', apiOrigin)
  return { ...setup, api, url, asText: url as unknown as string }
}

it('replays a refused request to a URL object', async () => {
  const { api, asText, server } = await setUp()
  server.revokeAccessTokens()
  expect((await api.get(asText)).status).toBe(200)
})

it('resolves a request to a URL object after another endpoint has refused the token', async () => {
  const { api, browser, asText } = await setUp()
  const response = { status: 401, headers: [], setCookies: [], body: '' }
  browser.intercept('/other', { kind: 'answer', response }, 20)
  const gate = browser.hold('/me')
  const asking = api.get(asText)
  await gate.arrived(1)
  await api.get(`${apiOrigin}/other`).catch(() => {})
  gate.release()
  expect((await asking).status).toBe(200)
})

//  GET ── trusted: waits for the refresh ─────────────────── is sent to the URL that was trusted
//  app  ──────────────────────────────────── changes the URL
it('sends a request to the URL that an object had at the call', async () => {
  const { api, browser, clock, url, asText } = await setUp()
  clock.sleep(3_600_000)
  const gate = browser.hold('/refresh')
  const asking = api.get(asText)
  await gate.arrived(1)
  url.host = 'elsewhere.example'
  gate.release()
  await asking
  expect(browser.requests.at(-1)?.url).toBe(`${apiOrigin}/me`)
})

it('passes an entry with a symbol on to the adapter of the app', async () => {
  const { auth, browser } = await setUp()
  const mark = Symbol('mark')
  const seen: unknown[] = []
  const api = axios.create({
    adapter: (config) => {
      seen.push(Reflect.get(config, mark))
      return browser.adapter(config)
    }
  })
  api.interceptors.request.use((config) => Object.assign(config, { [mark]: 'mine' }))
  auth.attach(api)
  await api.get(`${apiOrigin}/me`)
  expect(seen).toEqual(['mine'])
})
