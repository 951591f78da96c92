// I11, I12: a sign-out that the server has not confirmed outlives storage that is cleared.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('sends a sign-out although the app clears storage directly after logout()', async () => {
  const { auth, browser, callsTo, reload } = setUpClient()
  await auth.login(ada)
  const leaving = auth.logout()
  browser.clearStorage()
  expect(await leaving).toEqual({ confirmed: true })
  expect(callsTo('logout')).toHaveLength(1)
  auth.dispose()
  const next = reload({ restore: 'always' })
  expect(await next.ready()).toMatchObject({ status: 'unauthenticated' })
})

it.each(['signed-out', 'state'])(
  'sends a sign-out again on the next page load although a listener of the app (%s) clears storage',
  async (listener) => {
    const { auth, browser, callsTo, reload, idle } = setUpClient()
    await auth.login(ada)
    const clear = () => [...browser.storage.entries.keys()].forEach(browser.storage.removeItem)
    if (listener === 'state') auth.subscribe(clear)
    else auth.on('signed-out', clear)
    browser.intercept('/logout', { kind: 'unreachable' }, 2)
    expect(await auth.logout()).toEqual({ confirmed: false })
    auth.dispose()
    expect(browser.storedSession()).toBe('pending')
    const next = reload({ restore: 'always' })
    await idle()
    expect(callsTo('logout')).toHaveLength(1)
    expect(callsTo('refresh')).toEqual([])
    expect(next.getState()).toMatchObject({ status: 'unauthenticated' })
  }
)
