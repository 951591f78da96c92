// Lock hand-over between tabs of a real browser: the next holder of the lock must already know the
// new token.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { ada, setUpChromiumTabs } from '../support/browsers/chromium-tabs.ts'

const times = Number(process.env.HAND_OVERS ?? 1_000)
const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada], latencyMs: 50 })
const { openTabs } = setUpChromiumTabs(server)

it(`makes one refresh when ten tabs refresh at once, in each of ${times} rounds`, {
  timeout: 1_800_000
}, async () => {
  const { tabs } = await openTabs(10)
  const refreshes = () => server.calls.filter(({ route }) => route === 'refresh').length
  const timeRefresh = (tab: Page) =>
    tab.evaluate(async () => {
      const beganAtMs = performance.now()
      await window.tab.auth.refresh()
      return performance.now() - beganAtMs
    })
  const [first] = tabs as [Page]
  const alone: number[] = []
  for (let time = 0; time < 10; time += 1) alone.push(await timeRefresh(first))
  const slowest: number[] = []
  const counts = new Map<number, number>()
  for (let time = 0; time < times; time += 1) {
    const before = refreshes()
    slowest.push(Math.max(...(await Promise.all(tabs.map(timeRefresh)))))
    const made = refreshes() - before
    counts.set(made, (counts.get(made) ?? 0) + 1)
  }
  console.log(
    `refreshes per hand-over among ten tabs, and how often: ${JSON.stringify([...counts])}`
  )
  const ratio = median(slowest) / median(alone)
  console.log(`the slowest of ten tabs waits ${ratio.toFixed(2)} times as long as one tab alone`)
  expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  expect([...counts.keys()]).toEqual([1])
})

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
