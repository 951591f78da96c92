// The search over tabs at length, and messages that nobody of ours wrote, by the hundred thousand.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tabsHistory } from '../model/steps.ts'
import { playInTabs } from '../model/tabs-world.ts'

const numRuns = Number(process.env.TABS_HISTORIES ?? 20_000)
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)

it(`holds its invariants over ${numRuns} random histories of several tabs (seed ${seed})`, {
  timeout: 3 * 3_600_000
}, async () => {
  const search = fc.asyncProperty(tabsHistory, fc.scheduler(), async (one, scheduler) => {
    expect(await playInTabs(one, scheduler)).toEqual([])
  })
  const details = await fc.check(search, { numRuns, seed })
  expect(
    details.failed,
    `${fc.defaultReportMessage(details)} ${String(details.errorInstance)}`
  ).toBe(false)
  expect(details.numRuns).toBe(numRuns)
})
