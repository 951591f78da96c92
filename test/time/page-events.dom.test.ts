// Page events: each event that a browser sends after a sleep checks whether a refresh is due.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest'

const server = createMockAuthServer()
const network = setupServer(...createHandlers(server))

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.reset())
afterAll(() => network.close())

const refreshes = () => server.calls.filter((call) => call.route === 'refresh')

async function signInAndSleep() {
  let nowMs = Date.now()
  const auth = createAuthClient({
    restore: 'never',
    platform: { now: () => nowMs, setTimer: () => () => {} }
  })
  onTestFinished(auth.dispose)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  nowMs += 8 * 3_600_000
  return auth
}

it.each([
  ['visibilitychange', () => document.dispatchEvent(new Event('visibilitychange'))],
  ['resume', () => document.dispatchEvent(new Event('resume'))],
  ['pageshow', () => window.dispatchEvent(new Event('pageshow'))],
  ['focus', () => window.dispatchEvent(new Event('focus'))],
  ['online', () => window.dispatchEvent(new Event('online'))]
])('starts a due refresh on the page event %s, before any request', async (_, happen) => {
  const auth = await signInAndSleep()
  expect(refreshes()).toHaveLength(0)
  happen()
  expect(auth.getRefreshStatus().isRefreshing).toBe(true)
  await auth.axios.get('/me')
  await vi.waitFor(() => expect(auth.getRefreshStatus().lastOutcome?.kind).toBe('refreshed'))
  expect(refreshes()).toHaveLength(1)
  expect(server.calls.filter((call) => call.route === 'me').map((call) => call.status)).toEqual([
    200
  ])
})

it('sends no old token if storage lags behind in a frozen page that runs again', async () => {
  const seen = new Map<string, string | null>()
  let isLagging = false
  const auth = createAuthClient({
    restore: 'never',
    platform: {
      isVisible: () => false,
      storage: {
        getItem(key) {
          if (!isLagging) seen.set(key, localStorage.getItem(key))
          return seen.get(key) ?? null
        },
        setItem(key, value) {
          seen.set(key, value)
          localStorage.setItem(key, value)
        },
        removeItem: (key) => localStorage.removeItem(key)
      }
    }
  })
  onTestFinished(auth.dispose)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  document.dispatchEvent(new Event('freeze'))
  isLagging = true
  const other = createAuthClient()
  onTestFinished(other.dispose)
  await other.ready()
  await other.logout()
  document.dispatchEvent(new Event('resume'))
  const polling = auth.axios.get('/me').catch(() => {})
  isLagging = false
  await polling
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  const [call] = server.calls.filter(({ route }) => route === 'me')
  expect(call?.kid).toBeUndefined()
})

it('removes its page listeners on dispose()', async () => {
  const auth = await signInAndSleep()
  auth.dispose()
  window.dispatchEvent(new Event('focus'))
  document.dispatchEvent(new Event('visibilitychange'))
  expect(auth.getRefreshStatus().isRefreshing).toBe(false)
})

it('stores no token, only the session record and the number of tabs', async () => {
  const names = () => Object.keys(localStorage).map((key) => key.slice(key.lastIndexOf(':') + 1))
  const auth = createAuthClient({ restore: 'never' })
  onTestFinished(auth.dispose)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  await auth.axios.get('/me')
  await auth.refresh()
  expect(names().sort()).toEqual(['record-1', 'record-1-tabs'])
  expect(JSON.stringify({ ...localStorage })).not.toContain(await auth.getAccessToken())
  expect(sessionStorage).toHaveLength(0)
  const signingOut = auth.logout()
  expect(JSON.stringify({ ...localStorage })).toContain('signed-out')
  await signingOut
  expect(names().sort()).toEqual(['record-1', 'record-1-tabs'])
  auth.dispose()
  expect(names().sort()).toEqual(['record-1', 'record-1-tabs'])
})
