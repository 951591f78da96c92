// I5: a caller that waits for a refresh without an answer gets the token that another tab shares.
import { expect, it, vi } from 'vitest'
import { ada } from '../support/setups/test-client.ts'
import {
  finish,
  setUpTabs,
  type TabsOptions,
  type TabsSetup
} from '../support/setups/virtual-tabs.ts'

/** The server never answers the first refresh. */
function setUp(options: TabsOptions = {}): TabsSetup {
  let refreshes = 0
  const delay = (label: string): Promise<void> => {
    const isFirst = label === '/refresh is answered' && ++refreshes === 1
    return isFirst ? new Promise(() => {}) : Promise.resolve()
  }
  return setUpTabs({ ...options, hooks: { delay } })
}

//  first  ── refresh() …no answer…                             resolves
//  second ──────────────────────── request ── POST /refresh ──┘ shares its token
it('resolves requests and refresh() that wait for a hanging refresh once another tab shares a token', async () => {
  const contract = { refresh: { idempotencyKey: 'always' } } as const
  const setup = setUp({
    server: { accessTokenSeconds: 60 },
    client: { restore: 'never', contract }
  })
  const { clock, pass, openTab } = setup
  const first = openTab()
  const second = openTab()
  await finish(setup, first.auth.login(ada))
  clock.sleep(61_000)
  const resolved = vi.fn()
  for (const call of [first.auth.axios.get('/me'), first.auth.refresh()]) {
    call.then(resolved, () => {})
  }
  await pass(50)
  await finish(setup, second.auth.axios.get('/me'), 6_000)
  expect(resolved).toHaveBeenCalledTimes(2)
  expect((await finish(setup, first.auth.axios.get('/me'))).status).toBe(200)
})

//  first  ── page load: POST /refresh …no answer…            ready() resolves
//  second ─────────────────────────────────────── signs in ─┘ shares its token
it('resolves ready() and the requests of a page load once a sign-in in another tab shares a token', async () => {
  const setup = setUp()
  const { auth } = setup.openTab()
  const resolved = vi.fn()
  for (const call of [auth.ready(), auth.axios.get('/me')]) call.then(resolved, () => {})
  await setup.pass(400)
  const second = setup.openTab({ restore: 'never' })
  await finish(setup, second.auth.login(ada), 6_000)
  expect(resolved).toHaveBeenCalledTimes(2)
  expect(resolved).toHaveBeenCalledWith(expect.objectContaining({ status: 'authenticated' }))
  expect(resolved).toHaveBeenCalledWith(expect.objectContaining({ status: 200 }))
})
