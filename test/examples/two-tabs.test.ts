// Example of two tabs: clients with a shared lock and channel behave as tabs of a browser.
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createBrowser } from '../../examples/two-tabs/open-tabs.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }

async function setUp() {
  const server = createMockAuthServer({ refreshGraceSeconds: 0 })
  const { url, close } = await listen(server)
  onTestFinished(close)
  const browser = createBrowser(createCookieFetch())
  const openTab = () => {
    const tab = browser.openTab({ baseURL: url })
    onTestFinished(tab.dispose)
    return tab
  }
  return { server, openTab }
}

it('shares sign-in, one refresh and sign-out between two tabs', async () => {
  const { server, openTab } = await setUp()
  const first = openTab()
  await first.login(ada)
  const second = openTab()
  expect((await second.ready()).status).toBe('authenticated')
  expect(server.calls.refresh.filter(({ status }) => status === 200)).toEqual([])

  server.revokeAccessTokens()
  const [one, two] = await Promise.all([first.axios.get('/me'), second.axios.get('/me')])
  expect([one.status, two.status]).toEqual([200, 200])
  expect(server.calls.refresh.filter(({ status }) => status === 200)).toHaveLength(1)

  await second.logout()
  await vi.waitFor(() => expect(first.getState().status).toBe('unauthenticated'), 10_000)
})
