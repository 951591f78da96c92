// I10: a refresh that ends before it is sent, without a change of the session, must not begin again
// at once. Such a loop would freeze the page.
import type { PlatformLocks } from 'everbearer'
import { expect, it } from 'vitest'
import { createSharedLocks } from '../support/setups/shared-locks.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

/** Locks that count the requests. A loop of requests ends in a lock that is never granted. */
function countingLocks(): { readonly locks: PlatformLocks; count(): number } {
  const { locks } = createSharedLocks().forTab()
  let requests = 0
  return {
    count: () => requests,
    locks: {
      request(name, options, task) {
        requests += 1
        return requests > 100 ? new Promise(() => {}) : locks.request(name, options, task)
      }
    }
  }
}

it.each(['share', 'signal', 'off'] as const)(
  'does not refresh in a loop if another tab signs in and out while the server cannot be reached (tabs: %s)',
  async (mode) => {
    const { locks, count } = countingLocks()
    const { openTab, browser, pass } = setUpTabs({ client: { tabs: mode, platform: { locks } } })
    browser.intercept('/refresh', { kind: 'unreachable' }, 100)
    browser.intercept('/logout', { kind: 'unreachable' }, 100)
    const waiting = openTab({ restore: 'always' })
    const other = openTab({ restore: 'never' })
    await pass(10_000)
    const entering = other.auth.login(ada)
    await pass(300)
    await entering
    const leaving = other.auth.logout()
    await pass(1_000)
    await leaving
    const before = count()
    await pass(30_000)
    expect(count() - before).toBeLessThan(10)
    expect(waiting.auth.getState()).toMatchObject({ reason: 'signed-out' })
  }
)

it('waits before it refreshes again if the platform fails', async () => {
  const { locks, count } = countingLocks()
  let isBroken = false
  const randomId = () => {
    if (isBroken) throw new TypeError('getRandomValues is not a function')
    return 'an ID'
  }
  const { openTab, pass, clock } = setUpTabs({ client: { platform: { locks, randomId } } })
  const { auth } = openTab({ restore: 'never' })
  const entering = auth.login(ada)
  await pass(300)
  await entering
  isBroken = true
  clock.tick(240_000)
  await pass(10_000)
  expect(count()).toBeLessThan(10)
  expect(auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_SERVER_ERROR' } })
  isBroken = false
  await pass(60_000, 100)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})
