// Random histories of a browser with two to four tabs: the invariants hold in each of them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sample } from '../support/tier.ts'
import { playInTabs } from './tabs/play-in-tabs.ts'
import { tabsHistory } from './tabs/random-steps.ts'

const numRuns = Number(process.env.HISTORIES ?? sample({ test: 100, matrix: 300 }))
const seed = process.env.SEED === undefined ? 20_260_301 : Number(process.env.SEED)
const path = process.env.REPLAY_PATH
const endOnFailure = process.env.ONLY_INVARIANT !== undefined

it(`the invariants hold over ${numRuns} random histories of several tabs (seed ${seed})`, {
  timeout: 3_600_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(tabsHistory(2, 4), async (one) => {
      expect(await playInTabs(one)).toEqual([])
    }),
    { numRuns, seed, endOnFailure, ...(path === undefined ? {} : { path }) }
  )
})
