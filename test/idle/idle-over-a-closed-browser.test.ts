// Idle limit over a closed browser: a page load signs out a user who was idle for too long.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const options = { restore: 'always', idlePolicy: { signOutAfterSeconds: 900 } } as const
const server = { accessTokenSeconds: 86_400 }

async function signInAndClose() {
  const setup = setUpClient(options, server)
  await setup.auth.ready()
  await setup.auth.login(ada)
  setup.auth.dispose()
  return { ...setup, refreshes: setup.callsTo('refresh').length }
}

it('signs out on page load, without a restore, if the browser was closed longer than the idle limit', async () => {
  const { clock, reload, idle, callsTo, refreshes } = await signInAndClose()
  clock.sleep(14 * 3_600_000)
  const next = reload()
  expect(next.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  await idle()
  expect(callsTo('refresh')).toHaveLength(refreshes)
  expect(callsTo('logout')).toHaveLength(1)
  next.dispose()
  const later = reload()
  expect((await later.ready()).status).toBe('unauthenticated')
})

it('signs out on page load after a link on another origin too, which is not known to be a sign-in', async () => {
  const { clock, reload, idle, callsTo, refreshes } = await signInAndClose()
  clock.sleep(14 * 3_600_000)
  const next = reload({ platform: { referrerOrigin: () => 'https://mail.example' } })
  expect(next.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  await idle()
  expect(callsTo('refresh')).toHaveLength(refreshes)
  expect(callsTo('logout')).toHaveLength(1)
})

it('restores the session if the browser was closed for less than the idle limit', async () => {
  const { clock, reload } = await signInAndClose()
  clock.sleep(899_000)
  expect((await reload().ready()).status).toBe('authenticated')
})

it('restores the session if storage does not say when the user was active', async () => {
  const { clock, browser, reload } = await signInAndClose()
  clock.sleep(14 * 3_600_000)
  browser.clearStorage()
  expect((await reload().ready()).status).toBe('authenticated')
})

it('restores the session if the clock of the device was set back', async () => {
  const { clock, reload } = await signInAndClose()
  clock.step(-3_600_000)
  expect((await reload().ready()).status).toBe('authenticated')
})

it('lets restore() sign in after a sign-in on another page, although the user was idle before', async () => {
  const { clock, browser, reload, callsTo } = await signInAndClose()
  clock.sleep(14 * 3_600_000)
  await browser.post('/login', ada)
  const next = reload()
  expect(await next.restore()).toMatchObject({ status: 'authenticated' })
  expect(callsTo('logout')).toEqual([])
})
