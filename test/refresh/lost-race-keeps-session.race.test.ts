// Lost race: a tab keeps its session if its refresh is rejected because another tab was faster.
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { sample } from '../support/tier.ts'
import { answer, countOf, createRace, type Race, signIn } from '../support/worlds/many-browsers.ts'
import { createSharedLocks } from '../support/worlds/virtual-tabs.ts'

const rounds = sample({ test: 40, matrix: 200 })

it(`keeps the session in ${rounds} rounds if a re-issued token overtakes the rejection of a refresh`, async () => {
  for (const seed of range(rounds)) {
    const random = createSeededRandom(seed)
    let isSlow = false
    const race = createRace({
      travelMs(label) {
        if (!isSlow) return 0
        return label.startsWith('/refresh') ? 50 + random() * 50 : 1 + random() * 20
      }
    })
    const browser = race.openBrowser()
    const { auth, events } = race.openPage(browser)
    await signIn(race, auth)
    isSlow = true
    race.server.rotateKey()
    browser.trouble('/refresh', answer(401, { error: 'invalid_grant' }))
    const refreshing = auth.refresh()
    await race.pass(1 + random() * 40, 5)
    const requests = Promise.all(range(3).map(() => auth.axios.get('/me')))
    await race.pass(500, 5)
    await refreshing
    expect((await requests).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(events.map(({ name }) => name)).toContain('reissued')
    expect(events.map(({ name }) => name)).not.toContain('signed-out')
    expect(countOf(browser, '/refresh')).toBe(2)
    expect(auth.getState()).toEqual({ status: 'authenticated', degraded: undefined })
  }
})

async function renewBoth(race: Race, tabs: readonly AuthClient[], gapMs: number): Promise<void> {
  const refreshes: Promise<void>[] = []
  for (const auth of tabs) {
    refreshes.push(auth.refresh())
    await race.pass(gapMs, 5)
  }
  const settled = Promise.all(refreshes)
  await race.pass(500, 5)
  await settled
}

/** Each tab refreshes first once, and both keep the session. */
async function renewInTurns(
  race: Race,
  first: AuthClient,
  second: AuthClient,
  random: () => number
): Promise<void> {
  await renewBoth(race, [first, second], random() * 30)
  await renewBoth(race, [second, first], random() * 30)
  expect([first, second].map((auth) => auth.getState().status)).toEqual(
    Array(2).fill('authenticated')
  )
  expect(race.server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
}

it(`keeps the session in ${rounds} rounds if two tabs without locks and storage send the same refresh token`, async () => {
  let replayed = 0
  for (const seed of range(rounds)) {
    const random = createSeededRandom(1_000 + seed)
    let isSlow = false
    const race = createRace({ travelMs: () => (isSlow ? 1 + random() * 60 : 0) })
    const browser = race.openBrowser()
    const platform = { storage: undefined }
    const first = race.openPage(browser, { platform }).auth
    const second = race.openPage(browser, { platform }).auth
    await signIn(race, first)
    const token = await first.getAccessToken()
    await second.login(async () => ({ access_token: token, expires_in: 300 }))
    isSlow = true
    await renewInTurns(race, first, second, random)
    replayed += race.server.calls.filter(({ outcome }) => outcome === 'replayed').length
  }
  expect(replayed).toBeGreaterThan(rounds / 2)
})

it(`keeps the session of two tabs with locks in ${rounds} rounds if the server allows no reuse of refresh tokens`, async () => {
  for (const seed of range(rounds)) {
    const random = createSeededRandom(2_000 + seed)
    let isSlow = false
    const race = createRace({
      server: { refreshGraceSeconds: 0 },
      travelMs: () => (isSlow ? 1 + random() * 60 : 0)
    })
    const browser = race.openBrowser()
    const locks = createSharedLocks()
    const openTab = () => race.openPage(browser, { platform: { locks: locks.forTab().locks } }).auth
    const first = openTab()
    const second = openTab()
    await signIn(race, first)
    const token = await first.getAccessToken()
    await second.login(async () => ({ access_token: token, expires_in: 300 }))
    isSlow = true
    await renewInTurns(race, first, second, random)
  }
})
