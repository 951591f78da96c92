// I4, I15: an answer to a restore that began before a sign-in in another tab neither ends the new
// session nor brings it a token.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { opaqueTokens } from '../support/setups/contracts.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'
import { readClaims } from '../support/tokens.ts'

/** Begins a page load with the cookie of Ada, and holds the answer to its refresh. */
async function loadPage(client: AuthClientOptions) {
  const setup = setUpTabs({ client })
  await setup.browser.post('/login', ada)
  const gate = setup.browser.hold('/refresh')
  setup.openTab()
  await setup.pass(400)
  await gate.arrived(1)
  const second = setup.openTab({ restore: 'never' })
  return { ...setup, second, gate }
}

/** Also reads a token that the contract has made opaque. */
const subjectOf = (token: string) => readClaims(token.replaceAll('~', '.')).sub

//  first  ── page load: POST /refresh (cookie of Ada) ────────── answered: a token of Ada
//  second ──────────────── (waits for the lock) ── signs in as Grace
it.each<[string, AuthClientOptions]>([
  ['name no user', { contract: opaqueTokens }],
  ['name their user', {}]
])(
  'keeps the token of a new user if an earlier restore is answered, and tokens %s',
  async (_, client) => {
    const setup = await loadPage(client)
    const { second, pass, gate } = setup
    await finish(setup, second.auth.login(grace), 6_000)
    expect(subjectOf(await second.auth.getAccessToken())).toBe('user-2')
    gate.release()
    await pass(1_000)
    expect(subjectOf(await finish(setup, second.auth.getAccessToken()))).toBe('user-2')
  }
)

//  first  ── page load: POST /refresh (cookie of Ada) ── answered: a token of Ada
//  second ──────────────── login(function) as Grace, without the lock
it('sends the token of a new user who signed in by a function if an earlier restore is answered', async () => {
  const setup = await loadPage({ contract: opaqueTokens })
  const { second, browser, pass, gate } = setup
  const { body } = await browser.post('/login', grace)
  await finish(
    setup,
    second.auth.login(async () => JSON.parse(body))
  )
  gate.release()
  await pass(500)
  // The server answers 401, because it does not know opaque tokens.
  await finish(
    setup,
    second.auth.axios.post('/notes', {}).catch(() => {})
  )
  const sent = browser.requests.find(({ url }) => url.endsWith('/notes'))
  expect(subjectOf(sent?.headers.Authorization ?? '')).toBe('user-2')
})

const rejection = {
  status: 401,
  headers: [['Content-Type', 'application/json']] satisfies [string, string][],
  setCookies: [],
  body: '{"error":"invalid_grant"}'
}

//  first  ── restore(): POST /refresh ──────────────────────────── answered: 401
//  second ────────────────────── login(function), without the lock
it('keeps the session of a later sign-in if an earlier restore() is rejected', async () => {
  const setup = setUpTabs({ client: { restore: 'never' } })
  const { browser, pass, openTab } = setup
  const [first, second] = [openTab(), openTab()]
  browser.intercept('/refresh', { kind: 'answer', response: rejection })
  const gate = browser.hold('/refresh')
  const outcome = first.auth.restore().catch((error: unknown) => error)
  await pass(50)
  await gate.arrived(1)
  const { body } = await browser.post('/login', ada)
  await finish(
    setup,
    second.auth.login(async () => JSON.parse(body))
  )
  expect(first.auth.getState().status).toBe('authenticated')
  gate.release()
  await pass(1_000)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  for (const { auth } of [first, second]) expect(auth.getState().status).toBe('authenticated')
})

//  first  ── page load: POST /refresh (cookie of Ada) ────────── answered: 401
//  second ──────────────── (waits for the lock) ── signs in as Ada
//  third  ──────────────────────────────────────────────────────────────────── page load: signed in
it.each(['share', 'signal'] as const)(
  'keeps a new session and its restore hint if an earlier restore is rejected (%s)',
  async (tabs) => {
    const setup = setUpTabs({ client: { restore: 'hint', tabs } })
    const { browser, pass, openTab } = setup
    const before = openTab()
    await finish(setup, before.auth.login(ada))
    before.auth.dispose()
    browser.intercept('/refresh', { kind: 'answer', response: rejection })
    const gate = browser.hold('/refresh')
    openTab()
    await pass(400)
    await gate.arrived(1)
    const second = openTab({ restore: 'never' })
    await finish(setup, second.auth.login(ada), 6_000)
    gate.release()
    await pass(1_000)
    expect(second.auth.getState().status).toBe('authenticated')
    const third = openTab()
    await pass(1_000)
    expect(third.auth.getState().status).toBe('authenticated')
  }
)

//  first  ── restore(): POST /refresh ────────────────────── answered: an older token
//  second ──────── (waits for the lock) ── refreshes ── its token
it.each(['this tab', 'another tab'] as const)(
  'keeps a newer token of %s if an earlier restore() is answered late',
  async (where) => {
    const setup = setUpTabs({ server: { refreshGraceSeconds: 60 }, client: { restore: 'never' } })
    const { openTab, pass, browser } = setup
    const [first, second] = [openTab(), openTab()]
    await finish(setup, first.auth.login(ada))
    const gate = browser.hold('/refresh')
    await pass(2_000)
    const restoring = first.auth.restore()
    await gate.arrived(1)
    // Later requests are answered at once.
    browser.hold('/refresh').release()
    await pass(2_000)
    const { auth } = where === 'this tab' ? first : second
    await finish(setup, auth.refresh(), 6_000)
    const newest = await auth.getAccessToken()
    gate.release()
    await finish(setup, restoring)
    for (const tab of [first, second]) {
      expect(await tab.auth.getAccessToken()).toBe(newest)
      expect(tab.events.map(({ name }) => name)).not.toContain('signed-out')
    }
  }
)
