// Long search: many random histories. The seed is new each time, and printed with the speed.
import fc from 'fast-check'
import { expect, it } from 'vitest'

export const seed: number = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const path = process.env.REPLAY_PATH

/** `play` resolves with the violations. */
export function itHoldsItsInvariantsOver<History>(
  numRuns: number,
  histories: string,
  history: fc.Arbitrary<History>,
  play: (one: History) => Promise<readonly string[]>
): void {
  it(`the invariants hold over ${numRuns} random ${histories} (seed ${seed})`, {
    timeout: 5 * 3_600_000
  }, async () => {
    const startedAtMs = performance.now()
    const search = fc.asyncProperty(history, async (one) => {
      expect(await play(one)).toEqual([])
    })
    const replay = path === undefined ? {} : { path }
    const details = await fc.check(search, { numRuns, seed, ...replay })
    const seconds = (performance.now() - startedAtMs) / 1000
    const perSecond = (details.numRuns / seconds).toFixed(1)
    console.log(`${details.numRuns} ${histories}, seed ${seed}: ${perSecond} per second`)
    expect(
      details.failed,
      `${fc.defaultReportMessage(details)} ${String(details.errorInstance)}`
    ).toBe(false)
    if (path === undefined) expect(details.numRuns).toBe(numRuns)
  })
}
