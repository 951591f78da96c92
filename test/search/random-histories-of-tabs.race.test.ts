// Random histories of two to four tabs: the invariants hold after every step.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sample } from '../support/tier.ts'
import { playInTabs } from './play-in-tabs.ts'
import { tabsHistory } from './steps.ts'

const numRuns = Number(process.env.HISTORIES ?? sample({ test: 50, matrix: 150 }))
const seed = process.env.SEED === undefined ? 20_260_301 : Number(process.env.SEED)
const path = process.env.REPLAY_PATH

it(`the invariants hold over ${numRuns} random histories of several tabs (seed ${seed})`, {
  timeout: 3_600_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(tabsHistory, fc.scheduler(), async (one, scheduler) => {
      expect(await playInTabs(one, scheduler)).toEqual([])
    }),
    { numRuns, seed, ...(path === undefined ? {} : { path }), endOnFailure: false }
  )
})
