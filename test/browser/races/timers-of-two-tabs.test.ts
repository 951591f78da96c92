// Timers of two tabs: the second one fires while the first tab's refresh ends.
//
//  first tab ── timer ── lock ── POST ──────────── answered ── releases the lock
//  second tab ──────────────────── timer ──────────────▲── must find the new token
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, setUpChromiumTabs } from '../../support/browsers/chromium-tabs.ts'
import { watchRefreshes } from '../../support/browsers/refreshes.ts'
import { roundsOf } from '../../support/browsers/rounds.ts'

const accessTokenSeconds = 1
const server = createMockAuthServer({ accessTokenSeconds, refreshGraceSeconds: 0, users: [ada] })

/**
 * The tabs plan their refreshes up to an eighth of the token's life apart. An answer that takes a
 * random part of that time often meets the second timer.
 */
const mostLatencyMs = 125
const delayed: MockAuthServer = {
  ...server,
  async handle(request, adapter) {
    const response = await server.handle(request, adapter)
    if (request.method === 'POST' && request.url.endsWith('/refresh')) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * mostLatencyMs))
    }
    return response
  }
}
const { openTwoTabs } = setUpChromiumTabs(delayed)

const pairs = 6
const rounds = roundsOf({ matrix: 60, long: 2_000 })

it('sends one refresh if the timers of two tabs fire together', {
  timeout: 3_600_000
}, async () => {
  const refreshes = watchRefreshes(server, accessTokenSeconds)
  const finished = refreshes.until(rounds)
  await Promise.all(Array.from({ length: pairs }, () => openTwoTabs()))
  await finished
  const { made, doubled, sessions } = refreshes
  console.log(`${made} refreshes of ${sessions} pairs of tabs, of which ${doubled} were doubled`)
  expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  expect(doubled).toBe(0)
})
