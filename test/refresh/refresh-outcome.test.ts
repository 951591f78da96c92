// Refresh outcome: one typed outcome for each refresh that started.
import type { AuthEvents, RefreshOutcome } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, createTestBed, type TestBed } from '../support/worlds/test-client.ts'

function answer(status: number, headers: [string, string][] = []): WireResponse {
  return { status, headers, setCookies: [], body: '{}' }
}

const outcomesOf = ({ events }: TestBed) =>
  events
    .filter(({ name }) => name === 'refresh-settled')
    .map(({ event }) => event as AuthEvents['refresh-settled'])

const cases: readonly [string, Partial<RefreshOutcome>, (bed: TestBed) => void][] = [
  ['refreshed', { kind: 'refreshed' }, () => {}],
  ['rejected', { kind: 'rejected', status: 401 }, ({ server }) => server.endSessions()],
  [
    'throttled by 429',
    { kind: 'throttled', code: 'ERR_AUTH_SERVER_ERROR', status: 429 },
    ({ browser }) => browser.trouble('/refresh', { kind: 'answer', response: answer(429) })
  ],
  [
    'throttled by Retry-After',
    { kind: 'throttled', status: 503, retryInMs: expect.closeTo(7_250, -3) as unknown as number },
    ({ browser }) =>
      browser.trouble('/refresh', { kind: 'answer', response: answer(503, [['Retry-After', '7']]) })
  ],
  [
    'transient',
    { kind: 'transient', code: 'ERR_AUTH_SERVER_ERROR', status: 500 },
    ({ browser }) => browser.trouble('/refresh', { kind: 'answer', response: answer(500) })
  ],
  [
    'transient while the device is online',
    { kind: 'transient', code: 'ERR_AUTH_NETWORK' },
    ({ browser }) => browser.trouble('/refresh', { kind: 'unreachable' })
  ],
  [
    'offline',
    { kind: 'offline', code: 'ERR_AUTH_NETWORK' },
    ({ browser }) => {
      browser.setOnline(false)
      browser.trouble('/refresh', { kind: 'unreachable' })
    }
  ]
]

it.each(cases)('reports a refresh that is %s', async (_, expected, arrange) => {
  const bed = createTestBed()
  await bed.auth.login(ada)
  expect(bed.auth.getRefreshStatus()).toEqual({ isRefreshing: false, lastOutcome: undefined })
  arrange(bed)
  const refreshing = bed.auth.refresh().catch(() => {})
  expect(bed.auth.getRefreshStatus().isRefreshing).toBe(true)
  await refreshing
  await bed.idle()
  expect(outcomesOf(bed)).toEqual([expect.objectContaining({ ...expected, reason: 'manual' })])
  const { isRefreshing, lastOutcome } = bed.auth.getRefreshStatus()
  expect(isRefreshing).toBe(false)
  expect(lastOutcome).toEqual(outcomesOf(bed)[0])
})

it('reports a refresh as superseded if the user signs out during it', async () => {
  const bed = createTestBed()
  await bed.auth.login(ada)
  const gate = bed.browser.hold('/refresh')
  bed.auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingOut = bed.auth.logout()
  gate.release()
  await signingOut
  await bed.idle()
  expect(outcomesOf(bed)).toEqual([
    expect.objectContaining({ kind: 'superseded', reason: 'manual' })
  ])
})

it('reports a restore without a session as rejected', async () => {
  const bed = createTestBed({ restore: 'always' })
  await bed.auth.ready()
  await bed.idle()
  expect(bed.eventNames()).toEqual(['refresh-started', 'refresh-settled'])
  expect(outcomesOf(bed)).toEqual([
    expect.objectContaining({ kind: 'rejected', reason: 'restore' })
  ])
})

it('reports the planned refresh time of each token', async () => {
  const { auth, events, clock } = createTestBed({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  const receivedAtMs = clock.platform.now()
  expect(events[0]).toMatchObject({
    name: 'signed-in',
    event: { token: { receivedAtMs, lifetimeSeconds: 300, refreshAtMs: receivedAtMs + 240_000 } }
  })
})

it('updates getRefreshStatus() before it emits refresh-settled', async () => {
  const bed = createTestBed()
  await bed.auth.login(ada)
  const seen: unknown[] = []
  bed.auth.on('refresh-settled', () => seen.push(bed.auth.getRefreshStatus()))
  await bed.auth.refresh()
  await bed.idle()
  expect(seen).toMatchObject([{ isRefreshing: false, lastOutcome: { kind: 'refreshed' } }])
})

it('keeps the newest outcome if an older refresh settles later', async () => {
  const bed = createTestBed()
  await bed.auth.login(ada)
  const gate = bed.browser.hold('/refresh')
  bed.auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = bed.auth.login(async () => ({ access_token: 'opaque' }))
  bed.clock.tick(5_000)
  await signingIn
  bed.browser.trouble('/refresh', {
    kind: 'answer',
    response: { status: 200, headers: [], setCookies: [], body: '{"access_token":"next"}' }
  })
  const refreshing = bed.auth.refresh()
  bed.clock.tick(5_000)
  await gate.arrived(2)
  gate.release()
  await refreshing
  await bed.idle()
  expect(
    outcomesOf(bed)
      .map(({ kind }) => kind)
      .sort()
  ).toEqual(['refreshed', 'superseded'])
  expect(bed.auth.getRefreshStatus().lastOutcome?.kind).toBe('refreshed')
})

it('reports an unanswered refresh as offline if the device is offline', async () => {
  const bed = createTestBed()
  await bed.auth.login(ada)
  bed.browser.setOnline(false)
  const gate = bed.browser.hold('/refresh')
  bed.auth.refresh().catch(() => {})
  await gate.arrived(1)
  bed.clock.tick(30_000)
  await bed.browser.turn()
  expect(outcomesOf(bed)).toMatchObject([{ kind: 'offline', code: 'ERR_AUTH_TIMEOUT' }])
  gate.release()
})
