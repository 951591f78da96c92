// I11, I12: a sign-out ends the session in all tabs, also if storage has no room for a longer text.
import { expect, it } from 'vitest'
import { ada } from '../support/setups/test-client.ts'
import {
  finish,
  setUpTabs,
  type TabsSetup,
  type VirtualTab
} from '../support/setups/virtual-tabs.ts'

/** Opens a tab and signs Ada in. `fill()` fills the storage of all tabs. */
async function setUp() {
  let isFull = false
  const entries = new Map<string, string>()
  const storage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem(key: string, value: string) {
      const isLonger = value.length > (entries.get(key)?.length ?? 0)
      if (isFull && isLonger) throw new DOMException('full', 'QuotaExceededError')
      entries.set(key, value)
    },
    removeItem: (key: string) => void entries.delete(key)
  }
  const setup = setUpTabs({ client: { restore: 'never', platform: { storage } } })
  const first = setup.openTab()
  const second = setup.openTab()
  await finish(setup, first.auth.login(ada))
  expect(second.auth.getState().status).toBe('authenticated')
  const fill = () => {
    isFull = true
  }
  return { ...setup, first, second, fill }
}

/** Signs out while the server cannot be reached. */
async function signOutOffline(setup: TabsSetup, { auth }: VirtualTab): Promise<void> {
  setup.browser.intercept('/logout', { kind: 'unreachable' }, 99)
  expect(await finish(setup, auth.logout(), 3_000)).toEqual({ confirmed: false })
}

//  first  ── signs in ── (storage is full) ── signs out
//  second ── (has written nothing since) ──────────────── signs out too
it.each([0, 1_000, 60_000])(
  'signs out in all tabs if storage becomes full %d ms after the sign-in',
  async (ms) => {
    const setup = await setUp()
    await setup.pass(ms, 500)
    setup.fill()
    await finish(setup, setup.first.auth.logout(), 3_000)
    const signedOut = { status: 'unauthenticated', reason: 'signed-out' }
    expect(setup.second.auth.getState()).toMatchObject(signedOut)
  }
)

it('sends no token of a session that another tab has signed out offline while storage is full', async () => {
  const setup = await setUp()
  const { second, pass, fill, browser } = setup
  await pass(60_000, 500)
  fill()
  await signOutOffline(setup, setup.first)
  const sent = browser.requests.length
  const asked = second.auth.axios.get('/me').catch(() => {})
  await pass(300_000, 1_000)
  await asked
  const carried = browser.requests.slice(sent).filter(({ headers }) => headers.Authorization)
  expect(carried).toEqual([])
  expect(second.auth.getState().status).toBe('unauthenticated')
})

it('does not restore a session that an open tab has signed out offline while storage is full', async () => {
  const setup = await setUp()
  await setup.pass(60_000, 500)
  setup.fill()
  await signOutOffline(setup, setup.first)
  const next = setup.openTab({ restore: 'always' })
  await setup.pass(3_000, 100)
  expect(next.auth.getState().status).toBe('unauthenticated')
})
