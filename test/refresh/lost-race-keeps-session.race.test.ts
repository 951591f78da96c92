// Lost race: a tab keeps its session if its refresh is rejected because another tab was faster.
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import {
  answer,
  type BrowsersSetup,
  countOf,
  setUpBrowsers,
  signIn
} from '../support/setups/many-browsers.ts'
import { createSharedLocks } from '../support/setups/shared-locks.ts'
import { sample } from '../support/tier.ts'

const rounds = sample({ test: 40, matrix: 200 })

it(`keeps the session in ${rounds} rounds if a re-issued token overtakes the rejection of a refresh`, async () => {
  for (const seed of range(rounds)) {
    const random = createSeededRandom(seed)
    let isSlow = false
    const setup = setUpBrowsers({
      latencyMs(label) {
        if (!isSlow) return 0
        return label.startsWith('/refresh') ? 50 + random() * 50 : 1 + random() * 20
      }
    })
    const browser = setup.openBrowser()
    const { auth, events } = setup.openPage(browser)
    await signIn(setup, auth)
    isSlow = true
    setup.server.rotateKey()
    browser.intercept('/refresh', answer(401, { error: 'invalid_grant' }))
    const refreshing = auth.refresh()
    await setup.pass(1 + random() * 40, 5)
    const requests = Promise.all(range(3).map(() => auth.axios.get('/me')))
    await setup.pass(500, 5)
    await refreshing
    expect((await requests).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(events.map(({ name }) => name)).toContain('reissued')
    expect(events.map(({ name }) => name)).not.toContain('signed-out')
    expect(countOf(browser, '/refresh')).toBe(2)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  }
})

async function refreshBoth(
  setup: BrowsersSetup,
  tabs: readonly AuthClient[],
  gapMs: number
): Promise<void> {
  const refreshes: Promise<void>[] = []
  for (const auth of tabs) {
    refreshes.push(auth.refresh())
    await setup.pass(gapMs, 5)
  }
  const settled = Promise.all(refreshes)
  await setup.pass(500, 5)
  await settled
}

/** Each tab refreshes first once, and both keep the session. */
async function refreshInTurns(
  setup: BrowsersSetup,
  first: AuthClient,
  second: AuthClient,
  random: () => number
): Promise<void> {
  await refreshBoth(setup, [first, second], random() * 30)
  await refreshBoth(setup, [second, first], random() * 30)
  expect([first, second].map((auth) => auth.getState().status)).toEqual(
    Array(2).fill('authenticated')
  )
  expect(setup.server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
}

it(`keeps the session in ${rounds} rounds if two tabs without locks and storage send the same refresh token`, async () => {
  let replayed = 0
  for (const seed of range(rounds)) {
    const random = createSeededRandom(1_000 + seed)
    let isSlow = false
    const setup = setUpBrowsers({ latencyMs: () => (isSlow ? 1 + random() * 60 : 0) })
    const browser = setup.openBrowser()
    const platform = { storage: undefined }
    const first = setup.openPage(browser, { platform }).auth
    const second = setup.openPage(browser, { platform }).auth
    await signIn(setup, first)
    const token = await first.getAccessToken()
    await second.login(async () => ({ access_token: token, expires_in: 300 }))
    isSlow = true
    await refreshInTurns(setup, first, second, random)
    replayed += setup.server.calls.filter(({ outcome }) => outcome === 'replayed').length
  }
  expect(replayed).toBeGreaterThan(rounds / 2)
})

it(`keeps the session of two tabs with locks in ${rounds} rounds if the server allows no reuse of refresh tokens`, async () => {
  for (const seed of range(rounds)) {
    const random = createSeededRandom(2_000 + seed)
    let isSlow = false
    const setup = setUpBrowsers({
      server: { refreshGraceSeconds: 0 },
      latencyMs: () => (isSlow ? 1 + random() * 60 : 0)
    })
    const browser = setup.openBrowser()
    const locks = createSharedLocks()
    const openTab = () =>
      setup.openPage(browser, { platform: { locks: locks.forTab().locks } }).auth
    const first = openTab()
    const second = openTab()
    await signIn(setup, first)
    const token = await first.getAccessToken()
    await second.login(async () => ({ access_token: token, expires_in: 300 }))
    isSlow = true
    await refreshInTurns(setup, first, second, random)
  }
})
