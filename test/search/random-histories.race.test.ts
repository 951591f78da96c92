// Random histories of one tab: the invariants hold in each of them, in any order of arrivals.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sample } from '../support/tier.ts'
import { playInOneTab } from './one-tab/play-in-one-tab.ts'
import { history } from './one-tab/steps.ts'
import { playInTabs } from './tabs/play-in-tabs.ts'
import { tabsHistory } from './tabs/random-steps.ts'

const numRuns = Number(process.env.HISTORIES ?? sample({ test: 100, matrix: 300 }))
const seed = process.env.SEED === undefined ? 20_260_101 : Number(process.env.SEED)
const path = process.env.REPLAY_PATH
const endOnFailure = process.env.ONLY_INVARIANT !== undefined
const parameters = { numRuns, seed, endOnFailure, ...(path === undefined ? {} : { path }) }
const timeout = 3_600_000

it(`the invariants hold over ${numRuns} histories with answers that overtake each other (seed ${seed})`, {
  timeout
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.scheduler(), async (one, scheduler) => {
      expect(await playInOneTab(one, scheduler)).toEqual([])
    }),
    parameters
  )
})

it(`the invariants hold over ${numRuns} histories of a browser with one tab (seed ${seed})`, {
  timeout
}, async () => {
  await fc.assert(
    fc.asyncProperty(tabsHistory(1, 1), async (one) => {
      expect(await playInTabs(one)).toEqual([])
    }),
    parameters
  )
})
