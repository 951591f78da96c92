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
  ['200 without a body', answers(200)],
  ['204', answers(204)],
  ['403 in HTML', answers(403, page, asHtml)],
  ['511', answers(511, page, asHtml)]
]

it.each(portals)(
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

it.each(portals)(
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
    expect(auth.getState()).toEqual({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
)

it.each(portals)(
  'stays in `initializing` while a captive portal answers the restore with %s',
  async (_, fault) => {
    const { auth, reload, clock, idle, fault: meet, events } = setUpFaultyServer()
    await auth.login(ada)
    auth.dispose()
    events.splice(0)
    meet('/refresh', fault)
    const next = reload({ restore: 'always' })
    const states: string[] = []
    next.subscribe(() => states.push(next.getState().status))
    expect(await next.ready()).toMatchObject({ status: 'initializing', degraded: {} })
    clock.tick(1_000)
    await idle()
    expect(next.getState()).toEqual({ status: 'authenticated', degraded: undefined })
    expect(states).not.toContain('unauthenticated')
  }
)
