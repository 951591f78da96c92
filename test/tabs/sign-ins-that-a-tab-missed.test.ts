// I12: a tab that missed the message of a sign-in signs in later, also if the first token of the
// session has expired by then.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { opaqueTokens } from '../support/setups/contracts.ts'
import { ada } from '../support/setups/test-client.ts'
import { finish, setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

/** Opens two tabs of a visitor. */
function openTwo({ client, ...options }: TabsOptions = {}) {
  const setup = setUpTabs({ ...options, client: { restore: 'never', ...client } })
  return { ...setup, first: setup.openTab(), second: setup.openTab() }
}

//  first  ───────────── signs in ── (its token expires) ── refreshes
//  second ── (frozen) ──────────────────────────────────────────────── thaws: signed in
it.each([100, 200_000, 400_000])(
  'signs a visitor tab in that was frozen while another tab signed in, if it thaws %d ms later',
  async (ms) => {
    const setup = openTwo()
    const { first, second, pass } = setup
    second.freeze()
    await finish(setup, first.auth.login(ada))
    await pass(ms, 500)
    second.thaw()
    await pass(2_000)
    expect(first.auth.getState().status).toBe('authenticated')
    expect(second.auth.getState().status).toBe('authenticated')
    await pass(400_000, 500)
    expect(second.auth.getState().status).toBe('authenticated')
  }
)

//  first  ── signs in ─────────────── signs in again ── (its token expires) ── refreshes
//  second ── (signed in) ── (frozen) ───────────────────────────────────────────────────── thaws
it.each<[string, AuthClientOptions]>([
  ['name no user', { contract: opaqueTokens }],
  ['name their user', {}]
])('enters the later session of another tab as it thaws, if tokens %s', async (_, client) => {
  const setup = openTwo({ client })
  const { first, second, pass } = setup
  await finish(setup, first.auth.login(ada))
  expect(second.auth.getState().status).toBe('authenticated')
  second.freeze()
  await finish(setup, first.auth.login(ada))
  await pass(400_000, 500)
  second.thaw()
  await pass(2_000)
  expect(second.auth.getState().status).toBe('authenticated')
})

it('signs a visitor tab in when it becomes visible after it lost the message of a sign-in', async () => {
  let isLost = false
  const setup = openTwo({
    slowMessages: () => (isLost ? new Promise(() => {}) : Promise.resolve())
  })
  const { first, second, pass, callsTo } = setup
  isLost = true
  await finish(setup, first.auth.login(ada))
  isLost = false
  await pass(260_000, 500)
  expect(callsTo('refresh')).toHaveLength(1)
  second.thaw()
  await pass(2_000)
  expect(second.auth.getState().status).toBe('authenticated')
})
