// Pages that go away: a page that closes leaves the record as the other tabs have written it.
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

//  tab 1 ── writes the key ── POST /refresh ── (reloaded) ── answered: rotated
//  tab 2 ── closes ─────────── (its write arrives last)
//  tab 3 ─────────────────────────────────────── opens ────────── waits, and sends the same key
it('keeps the idempotency key of a refresh if another tab closes in the same moment', async () => {
  const slow = createSlowStorage()
  const setup = setUpTabs({ server: { refreshGraceSeconds: 0 } })
  const { browser, pass, callsTo } = setup
  const openPage = () => {
    let isGone = false
    const { storage, onStorageChange } = slow.openPage()
    const platform = {
      storage,
      onStorageChange: (listener: () => void) => onStorageChange(() => isGone || listener())
    }
    const leave = () => {
      isGone = true
    }
    return { ...setup.openTab({ platform }), leave }
  }
  const first = openPage()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const second = openPage()
  await pass(600)
  const gate = browser.hold('/refresh')
  slow.hold()
  first.auth.refresh().catch(() => {})
  await gate.arrived(1)
  // The pages are gone before storage shows them another write.
  second.enterBfcache()
  second.leave()
  first.crash()
  first.leave()
  slow.release()
  const third = openPage()
  await pass(2_000)
  gate.release()
  await pass(12_000)
  expect(third.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  const keys = browser.requests
    .filter(({ url }) => url.endsWith('/refresh'))
    .map(({ headers }) => headers['Idempotency-Key'])
  expect(keys.slice(-2)).toEqual([keys.at(-1), keys.at(-1)])
})
