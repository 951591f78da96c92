// I5: a refresh that is never answered does not delay a caller beyond its deadline.
import { expect, it } from 'vitest'
import {
  type Fault,
  type FaultyServerSetup,
  hangs,
  neverAnswers,
  setUpFaultyServer
} from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

const silences: readonly [string, Fault][] = [
  ['that obeys its signal', hangs],
  ['that ignores its signal', neverAnswers]
]
const ways: readonly [string, (setup: FaultyServerSetup) => Promise<unknown>][] = [
  ['refresh()', ({ auth }) => auth.refresh()],
  ['getAccessToken()', ({ auth }) => auth.getAccessToken()],
  ['a request', ({ auth }) => auth.axios.get('/me')],
  ['a POST', ({ auth }) => auth.axios.post('/notes', { text: 'a' })]
]

interface Ending {
  readonly atMs: number
  readonly code: unknown
}

/** Lets time pass in slices of 50 ms, and lets the network settle after each. */
async function pass({ clock, browser }: FaultyServerSetup, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 50) {
    clock.tick(Math.min(leftMs, 50))
    await browser.settle()
  }
}

function ending({ clock }: FaultyServerSetup, promise: Promise<unknown>): Promise<Ending> {
  return promise.then(
    () => ({ atMs: clock.trueNow(), code: 'fulfilled' }),
    (error) => ({ atMs: clock.trueNow(), code: error.code })
  )
}

it.each(
  silences.flatMap(([silence, fault]) =>
    ways.map(([way, begin]) => ({ silence, fault, way, begin }))
  )
)(
  'rejects $way at its own deadline if it joins, at any moment, a hanging refresh $silence',
  async ({ fault, begin }) => {
    const setup = setUpFaultyServer({}, { accessTokenSeconds: 60 })
    await setup.auth.login(ada)
    setup.clock.sleep(61_000)
    setup.fault('/refresh', fault)
    const startMs = setup.clock.trueNow()
    const first = ending(setup, begin(setup))
    await pass(setup, 4_000)
    const joined = ending(setup, begin(setup))
    await pass(setup, 7_000)
    const late = ending(setup, begin(setup))
    await pass(setup, 10_100)
    const endings = await Promise.all([first, joined, late])
    expect(endings.map(({ code }) => code)).toEqual(Array(3).fill('ERR_AUTH_TIMEOUT'))
    expect(endings.map(({ atMs }) => atMs - startMs)).toEqual([10_000, 14_000, 21_000])
    expect(setup.sent('/refresh')).toBe(1)
    expect(setup.auth.getState().status).toBe('authenticated')
  }
)

it.each(silences)(
  'keeps at most one refresh in flight and recovers after a hanging refresh %s',
  async (_, fault) => {
    const setup = setUpFaultyServer({}, { accessTokenSeconds: 60 })
    const { auth, callsTo } = setup
    await auth.login(ada)
    setup.clock.sleep(61_000)
    setup.fault('/refresh', fault, 3)
    const asked: Promise<unknown>[] = []
    let sentBeforeAbandon = 0
    for (let second = 0; second < 120; second += 1) {
      for (const [, begin] of ways) asked.push(begin(setup).catch(() => {}))
      setup.browser.wake('visible')
      await pass(setup, 1_000)
      if (second === 28) sentBeforeAbandon = setup.sent('/refresh')
    }
    await Promise.all(asked)
    expect(sentBeforeAbandon).toBe(1)
    expect(callsTo('refresh').length).toBeGreaterThan(0)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(setup.eventNames()).not.toContain('signed-out')
  }
)

it('never has two refreshes in flight while several in a row hang', async () => {
  const setup = setUpFaultyServer({}, { accessTokenSeconds: 60 })
  await setup.auth.login(ada)
  setup.clock.sleep(61_000)
  setup.fault('/refresh', hangs, 1_000)
  for (let second = 0; second < 300; second += 1) {
    for (const [, begin] of ways) begin(setup).catch(() => {})
    await pass(setup, 1_000)
  }
  expect(setup.mostInFlight('/refresh')).toBe(1)
  expect(setup.sent('/refresh')).toBeLessThanOrEqual(10)
  expect(setup.sent('/refresh')).toBeGreaterThan(3)
})

it.each([9_999, 10_001, 20_000, 29_950])(
  'accepts an answer that arrives after %d ms, without a second refresh',
  async (afterMs) => {
    const setup = setUpFaultyServer({}, { accessTokenSeconds: 300 })
    const { auth, browser, clock, callsTo, idle } = setup
    await auth.login(ada)
    clock.sleep(301_000)
    const gate = browser.hold('/refresh')
    const waiter = ending(setup, auth.getAccessToken())
    await gate.arrived(1)
    await pass(setup, afterMs)
    gate.release()
    await idle()
    expect((await waiter).code).toBe(afterMs < 10_000 ? 'fulfilled' : 'ERR_AUTH_TIMEOUT')
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(callsTo('refresh')).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(1)
  }
)

it('rejects refused requests at the deadline while the refresh hangs', async () => {
  const setup = setUpFaultyServer()
  const { auth, server, clock } = setup
  await auth.login(ada)
  server.revokeAccessTokens()
  setup.fault('/refresh', hangs)
  const startMs = clock.trueNow()
  const requests = Array.from({ length: 100 }, () => ending(setup, auth.axios.get('/me')))
  await setup.idle()
  await pass(setup, 10_050)
  for (const { atMs, code } of await Promise.all(requests)) {
    expect(code).toBe('ERR_AUTH_TIMEOUT')
    expect(atMs - startMs).toBeLessThanOrEqual(10_050)
  }
  expect(setup.sent('/refresh')).toBe(1)
})

it('resolves ready() at the deadline while the restore hangs, and restores later', async () => {
  const setup = setUpFaultyServer()
  await setup.auth.login(ada)
  setup.auth.dispose()
  setup.fault('/refresh', hangs)
  const page = setup.reload({ restore: 'always' })
  const states: string[] = []
  page.subscribe(() => states.push(page.getState().status))
  const startMs = setup.clock.trueNow()
  const ready = page.ready().then((state) => ({ state, atMs: setup.clock.trueNow() - startMs }))
  const request = ending(setup, page.axios.get('/me'))
  await pass(setup, 11_000)
  expect(await ready).toMatchObject({
    atMs: 10_000,
    state: { status: 'unauthenticated', reason: 'unreachable' }
  })
  // Sent without a token, so the server refuses it.
  expect(await request).toMatchObject({ atMs: startMs + 10_000, code: 'ERR_BAD_REQUEST' })
  await pass(setup, 21_000)
  await setup.idle()
  expect(page.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect(states).toEqual(['unauthenticated', 'authenticated'])
  expect(setup.eventNames()).not.toContain('signed-out')
  expect((await page.axios.get('/me')).status).toBe(200)
})

it('restores and refreshes without the Web Lock in a page that gets no answer for it', async () => {
  const setup = setUpFaultyServer()
  await setup.auth.login(ada)
  // A prerendered page gets no lock before it is shown.
  const locks = { request: () => new Promise<never>(() => {}) }
  const page = setup.reload({ restore: 'always', platform: { locks } })
  const ready = page.ready()
  await pass(setup, 5_000)
  expect((await ready).status).toBe('authenticated')
  const refreshing = page.refresh()
  await pass(setup, 5_000)
  await refreshing
})
