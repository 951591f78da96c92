// Long search: many random histories. The seed is new each time, and printed with the speed.
//
// Test files run at the same time, one on each core. A search that spans several files is a sum of
// parts, each with its own seed.
import fc from 'fast-check'
import { expect, it } from 'vitest'

export const seed: number = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const path = process.env.REPLAY_PATH

/**
 * `play` resolves with the violations. Part `n` adds `n` to the seed. The printed seed and path
 * replay a failure of any part in the first file.
 */
export function itHoldsItsInvariantsOver<History>(
  numRuns: number,
  histories: string,
  history: fc.Arbitrary<History>,
  play: (one: History) => Promise<readonly string[]>,
  part = 0
): void {
  const ownSeed = seed + part
  it(`the invariants hold over ${numRuns} random ${histories} (seed ${ownSeed})`, {
    timeout: 5 * 3_600_000
  }, async () => {
    const startedAtMs = performance.now()
    const search = fc.asyncProperty(history, async (one) => {
      expect(await play(one)).toEqual([])
    })
    const replay = path === undefined ? {} : { path }
    const details = await fc.check(search, { numRuns, seed: ownSeed, ...replay })
    const seconds = (performance.now() - startedAtMs) / 1000
    const perSecond = (details.numRuns / seconds).toFixed(1)
    console.log(`${details.numRuns} ${histories}, seed ${ownSeed}: ${perSecond} per second`)
    expect(
      details.failed,
      `${fc.defaultReportMessage(details)} ${String(details.errorInstance)}`
    ).toBe(false)
    if (path === undefined) expect(details.numRuns).toBe(numRuns)
  })
}
