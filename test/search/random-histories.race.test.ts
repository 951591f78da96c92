// Random histories under random interleavings: the invariants hold after every step.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sample } from '../support/tier.ts'
import { playInOneTab } from './play-in-one-tab.ts'
import { history } from './steps.ts'

const numRuns = Number(process.env.HISTORIES ?? sample({ test: 100, matrix: 300 }))
const seed = process.env.SEED === undefined ? 20_260_101 : Number(process.env.SEED)
const path = process.env.REPLAY_PATH

it(`the invariants hold over ${numRuns} random histories (seed ${seed})`, {
  timeout: 3_600_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.scheduler(), async (one, scheduler) => {
      expect(await playInOneTab(one, scheduler)).toEqual([])
    }),
    { numRuns, seed, ...(path === undefined ? {} : { path }), endOnFailure: false }
  )
})
