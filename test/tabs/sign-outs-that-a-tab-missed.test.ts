// I11: a sign-out that a tab has missed ends its session, and one during its restore wins over the
// answer.
import { expect, it } from 'vitest'
import { ada, grace } from '../support/setups/test-client.ts'
import { finish, setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

type Mode = 'share' | 'signal'

const signedOut = { status: 'unauthenticated', reason: 'signed-out' }

async function openTwo(options: TabsOptions = {}) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await finish(setup, first.auth.login(ada))
  const second = setup.openTab()
  await setup.pass(300)
  expect(second.auth.getState().status).toBe('authenticated')
  return { ...setup, first, second }
}

it.each<[Mode, 'freeze' | 'enterBfcache', 'thaw' | 'leaveBfcache']>([
  ['share', 'freeze', 'thaw'],
  ['signal', 'freeze', 'thaw'],
  ['share', 'enterBfcache', 'leaveBfcache'],
  ['signal', 'enterBfcache', 'leaveBfcache']
])(
  'signs a tab out if another user has signed in and out in the meantime (%s, %s)',
  async (tabs, leave, comeBack) => {
    const setup = await openTwo({ client: { tabs } })
    const { first, second, browser, pass } = setup
    second[leave]()
    await finish(setup, first.auth.login(grace))
    await finish(setup, first.auth.logout())
    const sent = browser.requests.length
    second[comeBack]()
    const asking = second.auth.axios.get('/me').catch(() => {})
    await pass(600)
    await asking
    expect(second.auth.getState()).toMatchObject(signedOut)
    const carried = browser.requests.slice(sent).filter(({ headers }) => headers.Authorization)
    expect(carried).toEqual([])
  }
)

it('signs a tab out after more sign-outs than the record remembers', async () => {
  const setup = await openTwo()
  const { first, second, pass } = setup
  second.freeze()
  for (let round = 0; round < 10; round += 1) {
    await finish(setup, first.auth.logout())
    await finish(setup, first.auth.login(ada))
  }
  await finish(setup, first.auth.logout())
  second.thaw()
  await pass(600)
  expect(second.auth.getState()).toMatchObject(signedOut)
})

it.each<[string, 'share' | 'signal' | 'off', boolean]>([
  ['share, after a redirect', 'share', true],
  ['signal, after a redirect', 'signal', true],
  ['off, after a redirect', 'off', true],
  ['signal', 'signal', false]
])(
  'does not sign in with the answer to a restore if another tab signs out before it (%s)',
  async (_, tabs, isReturn) => {
    const setup = await openTwo({ client: { tabs } })
    const { first, second, browser, pass, openTab } = setup
    const gate = browser.hold('/refresh')
    const platform = isReturn ? { referrerOrigin: () => 'https://sso.example' } : {}
    const loading = openTab({ platform })
    await gate.arrived(1)
    browser.intercept('/logout', { kind: 'unreachable' }, 10)
    const leaving = first.auth.logout()
    await pass(1_500)
    gate.release()
    await pass(10_000, 50)
    expect(await leaving).toEqual({ confirmed: false })
    for (const { auth } of [first, second, loading]) {
      expect(auth.getState()).toMatchObject(signedOut)
    }
    expect(browser.storedSession()).toBe('pending')
    expect(loading.events.map(({ name }) => name)).not.toContain('signed-in')
  }
)

it('does not sign in with the answer to a restore after a sign-in and a sign-out in another tab', async () => {
  const setup = await openTwo({ client: { tabs: 'signal' } })
  const { first, second, browser, pass, openTab } = setup
  first.auth.dispose()
  second.auth.dispose()
  const entries = browser.storage.entries as Map<string, string>
  entries.clear()
  const gate = browser.hold('/refresh')
  const loading = openTab()
  await gate.arrived(1)
  const other = openTab()
  const entering = other.auth.login(ada)
  await pass(12_000)
  await entering
  browser.intercept('/logout', { kind: 'unreachable' }, 10)
  void other.auth.logout()
  await pass(300)
  gate.release()
  await pass(10_000, 50)
  expect(loading.auth.getState()).toMatchObject(signedOut)
  expect(browser.storedSession()).toBe('pending')
})
