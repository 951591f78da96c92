// I4: a captive portal that answers in place of the server changes nothing, and the client recovers
// from it.
import { expect, it } from 'vitest'
import { answers, type Fault, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

const page = '<!doctype html><title>Sign in to the Wi-Fi</title><a href="/accept">Accept</a>'
const asHtml = { 'Content-Type': 'text/html' }

const redirecting: readonly [string, Fault][] = [
  ['302', answers(302, '', { Location: 'https://portal.example/' })],
  ['307', answers(307, '', { Location: 'https://portal.example/' })]
]
const portals: readonly [string, Fault][] = [
  ...redirecting,
  ['200 in HTML', answers(200, page, asHtml)],
  [
    '200 in HTML that calls itself JSON',
    answers(200, page, { 'Content-Type': 'application/json' })
  ],
  ['511', answers(511, page, asHtml)]
]
/** Answers that a server without a session gives too. */
const ambiguous: readonly [string, Fault][] = [
  ['200 without a body', answers(200)],
  ['204', answers(204)],
  ['403 in HTML', answers(403, page, asHtml)]
]

it.each([...portals, ...ambiguous])(
  'keeps the token and the session while a captive portal answers refreshes with %s',
  async (_, fault) => {
    const { auth, clock, idle, fault: meet, callsTo, eventNames } = setUpFaultyServer()
    await auth.login(ada)
    const token = await auth.getAccessToken()
    meet('/refresh', fault, 1_000)
    for (let second = 0; second < 60; second += 1) {
      await auth.refresh().catch(() => {})
      clock.tick(1_000)
      await idle()
      expect(await auth.getAccessToken()).toBe(token)
    }
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(callsTo('refresh')).toHaveLength(0)
    expect(eventNames().filter((name) => name === 'refreshed' || name === 'signed-out')).toEqual([])
  }
)

it.each([...portals, ...ambiguous])(
  'refreshes within a second of coming online after a captive portal that answered %s',
  async (_, fault) => {
    const {
      auth,
      browser,
      clock,
      idle,
      fault: meet,
      clearFaults,
      callsTo
    } = setUpFaultyServer({}, { accessTokenSeconds: 60 })
    await auth.login(ada)
    meet('/refresh', fault, 100)
    // Long enough for the back-off to grow.
    for (let second = 0; second < 130; second += 1) {
      clock.tick(1_000)
      await idle()
    }
    await expect(auth.axios.get('/me')).rejects.toMatchObject({ name: 'AuthError' })
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: {} })
    clearFaults('/refresh')
    browser.wake('online')
    clock.tick(1_000)
    await idle()
    expect(callsTo('refresh')).toHaveLength(1)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
)

async function restore(fault: Fault, mode: 'always' | 'hint') {
  const { auth, reload, clock, idle, fault: meet } = setUpFaultyServer({ restore: mode })
  await auth.login(ada)
  auth.dispose()
  meet('/refresh', fault)
  const next = reload()
  const states: string[] = []
  next.subscribe(() => states.push(next.getState().status))
  const first = await next.ready()
  clock.tick(1_000)
  await idle()
  return { first, last: next.getState(), states }
}

it.each(portals)(
  'stays in `initializing` while a captive portal answers the restore with %s',
  async (_, fault) => {
    const { first, last, states } = await restore(fault, 'always')
    expect(first).toMatchObject({ status: 'initializing', degraded: {} })
    expect(last).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect(states).not.toContain('unauthenticated')
  }
)

it.each(ambiguous)(
  'takes %s to the restore for "no session" unless the restore hint says otherwise',
  async (_, fault) => {
    const unknown = await restore(fault, 'always')
    expect(unknown.first).toEqual({ status: 'unauthenticated', reason: 'no-session' })
    const known = await restore(fault, 'hint')
    expect(known.first).toMatchObject({ status: 'initializing', degraded: {} })
    expect(known.last).toMatchObject({ status: 'authenticated', degraded: undefined })
  }
)
