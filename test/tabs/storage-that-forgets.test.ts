// I12: storage that accepts values and forgets them, as in some embedded views. Found by the search
// with random histories.
import { expect, it } from 'vitest'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} }

it('signs in and out in all tabs if storage forgets all values', async () => {
  const { openTab, pass } = setUpTabs({ client: { restore: 'never', platform: { storage } } })
  const first = openTab()
  const second = openTab()
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  expect(second.auth.getState().status).toBe('authenticated')
  const leaving = first.auth.logout()
  await pass(1_000)
  await leaving
  expect(second.auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'signed-out' })
})
