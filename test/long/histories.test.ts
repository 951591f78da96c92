// The search at length: a hundred thousand histories under a seed of its own each time, which is printed.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { history } from '../model/steps.ts'
import { play } from '../model/world.ts'

const numRuns = Number(process.env.HISTORIES ?? 100_000)
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)

it(`holds its invariants over ${numRuns} random histories (seed ${seed})`, {
  timeout: 3 * 3_600_000
}, async () => {
  const search = fc.asyncProperty(history, fc.scheduler(), async (one, scheduler) => {
    expect(await play(one, scheduler)).toEqual([])
  })
  const details = await fc.check(search, { numRuns, seed })
  expect(
    details.failed,
    `${fc.defaultReportMessage(details)} ${String(details.errorInstance)}`
  ).toBe(false)
  expect(details.numRuns).toBe(numRuns)
})
