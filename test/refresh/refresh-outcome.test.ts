// Refresh outcome: one typed outcome for each refresh that started.
import type { AuthEvents, RefreshOutcome } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'

function answer(status: number, headers: [string, string][] = []): WireResponse {
  return { status, headers, setCookies: [], body: '{}' }
}

const outcomesOf = ({ events }: ClientSetup) =>
  events
    .filter(({ name }) => name === 'refresh-settled')
    .map(({ event }) => event as AuthEvents['refresh-settled'])

const cases: readonly [string, Partial<RefreshOutcome>, (setup: ClientSetup) => void][] = [
  ['refreshed', { kind: 'refreshed' }, () => {}],
  ['rejected', { kind: 'rejected', status: 401 }, ({ server }) => server.endSessions()],
  [
    'throttled by 429',
    { kind: 'throttled', code: 'ERR_AUTH_SERVER_ERROR', status: 429 },
    ({ browser }) => browser.intercept('/refresh', { kind: 'answer', response: answer(429) })
  ],
  [
    'throttled by Retry-After',
    { kind: 'throttled', status: 503, retryInMs: expect.closeTo(7_250, -3) as unknown as number },
    ({ browser }) =>
      browser.intercept('/refresh', {
        kind: 'answer',
        response: answer(503, [['Retry-After', '7']])
      })
  ],
  [
    'transient',
    { kind: 'transient', code: 'ERR_AUTH_SERVER_ERROR', status: 500 },
    ({ browser }) => browser.intercept('/refresh', { kind: 'answer', response: answer(500) })
  ],
  [
    'transient while the device is online',
    { kind: 'transient', code: 'ERR_AUTH_NETWORK' },
    ({ browser }) => browser.intercept('/refresh', { kind: 'unreachable' })
  ],
  [
    'offline',
    { kind: 'offline', code: 'ERR_AUTH_NETWORK' },
    ({ browser }) => {
      browser.setOnline(false)
      browser.intercept('/refresh', { kind: 'unreachable' })
    }
  ]
]

it.each(cases)('reports a refresh that is %s', async (_, expected, setUp) => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  expect(setup.auth.getRefreshStatus()).toEqual({ isRefreshing: false, lastOutcome: undefined })
  setUp(setup)
  const refreshing = setup.auth.refresh().catch(() => {})
  expect(setup.auth.getRefreshStatus().isRefreshing).toBe(true)
  await refreshing
  await setup.idle()
  expect(outcomesOf(setup)).toEqual([expect.objectContaining({ ...expected, reason: 'manual' })])
  const { isRefreshing, lastOutcome } = setup.auth.getRefreshStatus()
  expect(isRefreshing).toBe(false)
  expect(lastOutcome).toEqual(outcomesOf(setup)[0])
})

it('reports a refresh as superseded if the user signs out during it', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const gate = setup.browser.hold('/refresh')
  setup.auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingOut = setup.auth.logout()
  gate.release()
  await signingOut
  await setup.idle()
  expect(outcomesOf(setup)).toEqual([
    expect.objectContaining({ kind: 'superseded', reason: 'manual' })
  ])
})

it('reports a restore without a session as rejected', async () => {
  const setup = setUpClient({ restore: 'always' })
  await setup.auth.ready()
  await setup.idle()
  expect(setup.eventNames()).toEqual(['refresh-started', 'refresh-settled'])
  expect(outcomesOf(setup)).toEqual([
    expect.objectContaining({ kind: 'rejected', reason: 'restore' })
  ])
})

it('reports the planned refresh time of each token', async () => {
  const { auth, events, clock } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  const receivedAtMs = clock.platform.now()
  expect(events[0]).toMatchObject({
    name: 'signed-in',
    event: { token: { receivedAtMs, lifetimeSeconds: 300, refreshAtMs: receivedAtMs + 240_000 } }
  })
})

it('updates getRefreshStatus() before it emits refresh-settled', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const seen: unknown[] = []
  setup.auth.on('refresh-settled', () => seen.push(setup.auth.getRefreshStatus()))
  await setup.auth.refresh()
  await setup.idle()
  expect(seen).toMatchObject([{ isRefreshing: false, lastOutcome: { kind: 'refreshed' } }])
})

it('keeps the newest outcome if an older refresh settles later', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const gate = setup.browser.hold('/refresh')
  setup.auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = setup.auth.login(async () => ({ access_token: 'opaque' }))
  setup.clock.tick(5_000)
  await signingIn
  setup.browser.intercept('/refresh', {
    kind: 'answer',
    response: { status: 200, headers: [], setCookies: [], body: '{"access_token":"next"}' }
  })
  const refreshing = setup.auth.refresh()
  setup.clock.tick(5_000)
  await gate.arrived(2)
  gate.release()
  await refreshing
  await setup.idle()
  expect(
    outcomesOf(setup)
      .map(({ kind }) => kind)
      .sort()
  ).toEqual(['refreshed', 'superseded'])
  expect(setup.auth.getRefreshStatus().lastOutcome?.kind).toBe('refreshed')
})

it('reports an unanswered refresh as offline if the device is offline', async () => {
  const setup = setUpClient()
  await setup.auth.login(ada)
  setup.browser.setOnline(false)
  const gate = setup.browser.hold('/refresh')
  setup.auth.refresh().catch(() => {})
  await gate.arrived(1)
  setup.clock.tick(30_000)
  await setup.browser.turn()
  expect(outcomesOf(setup)).toMatchObject([{ kind: 'offline', code: 'ERR_AUTH_TIMEOUT' }])
  gate.release()
})
