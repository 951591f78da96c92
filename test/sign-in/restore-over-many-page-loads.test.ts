// I1, I11: each page load restores the session with one refresh, without showing the sign-in page
// first.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('restores the session on each of a hundred page loads with one refresh and no other state in between', async () => {
  const { auth, reload, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  let page = auth
  for (let load = 1; load <= 100; load += 1) {
    page.dispose()
    page = reload({ restore: 'always' })
    const current = page
    const seen: string[] = [current.getState().status]
    current.subscribe(() => seen.push(current.getState().status))
    const [response, token, state] = await Promise.all([
      current.axios.get('/me'),
      current.getAccessToken(),
      current.ready(),
      current.refresh()
    ])
    browser.wake('visible')
    await idle()
    expect(response.status).toBe(200)
    expect(token).toEqual(expect.any(String))
    expect(state.status).toBe('authenticated')
    expect(seen).toEqual(['initializing', 'authenticated'])
    expect(callsTo('refresh')).toHaveLength(load)
  }
  expect(callsTo('me').map((call) => call.status)).toEqual(Array(100).fill(200))
})

it('becomes unauthenticated on each page load of a visitor with one refresh and no other state in between', async () => {
  const { auth, reload, callsTo, idle } = setUpClient()
  let page = auth
  for (let load = 1; load <= 20; load += 1) {
    page.dispose()
    page = reload({ restore: 'always' })
    const current = page
    const seen: string[] = [current.getState().status]
    current.subscribe(() => seen.push(current.getState().status))
    expect(await current.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
    await idle()
    expect(seen).toEqual(['initializing', 'unauthenticated'])
    expect(callsTo('refresh')).toHaveLength(load)
  }
})

const losses: readonly [string, (setup: ReturnType<typeof setUpClient>) => Promise<void>][] = [
  [
    'the page goes while the refresh is on its way',
    async ({ auth, browser, idle }) => {
      const gate = browser.hold('/refresh')
      auth.refresh().catch(() => {})
      await gate.arrived(1)
      auth.dispose()
      gate.release()
      await idle()
    }
  ],
  [
    'the page abandons a refresh that is answered later',
    async ({ auth, browser, clock, idle }) => {
      const gate = browser.hold('/refresh')
      auth.refresh().catch(() => {})
      await gate.arrived(1)
      clock.tick(30_000)
      await browser.settle()
      auth.dispose()
      gate.release()
      await idle()
    }
  ],
  [
    'the page is left after the refresh',
    async ({ auth }) => {
      await auth.refresh()
      auth.dispose()
    }
  ]
]

it.each(losses)('stays signed in on the next page load if %s', async (_, lose) => {
  // The server allows no reuse of a refresh token.
  const setup = setUpClient({}, { refreshGraceSeconds: 0 })
  await setup.auth.login(ada)
  await lose(setup)
  const before = setup.callsTo('refresh').length
  const page = setup.reload({ restore: 'always' })
  expect((await page.ready()).status).toBe('authenticated')
  expect((await page.axios.get('/me')).status).toBe(200)
  expect(setup.callsTo('refresh')).toHaveLength(before + 1)
})

it.each([
  [
    'stays signed in if the server allows reuse of the refresh token',
    10,
    'authenticated',
    'replayed'
  ],
  ['is signed out once if the server allows no reuse', 0, 'unauthenticated', 'refresh_reused']
])('after a lost refresh answer and a reload, the user %s', async (_, grace, status, outcome) => {
  const setup = setUpClient({}, { refreshGraceSeconds: grace })
  await setup.auth.login(ada)
  setup.browser.intercept('/refresh', { kind: 'lost' })
  await setup.auth.refresh().catch(() => {})
  setup.auth.dispose()
  const page = setup.reload({ restore: 'always' })
  const ready = page.ready()
  // The next page waits five seconds for the answer, which may still arrive.
  for (let waitedMs = 0; waitedMs < 5_100; waitedMs += 50) {
    await setup.browser.turn()
    setup.clock.tick(50)
  }
  expect((await ready).status).toBe(status)
  setup.clock.tick(600)
  await setup.idle()
  expect(setup.callsTo('refresh').map((call) => call.outcome)).toEqual(['rotated', outcome])
})
