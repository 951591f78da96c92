// Long search: many random histories under random interleavings. The seed is new each time and
// printed.
import fc from 'fast-check'
import { expect, it } from 'vitest'

export const seed: number = Number(process.env.SEED ?? Date.now() % 2 ** 31)

/** `play` resolves with the violations. */
export function itHoldsItsInvariantsOver<History>(
  numRuns: number,
  histories: string,
  history: fc.Arbitrary<History>,
  play: (one: History, scheduler: fc.Scheduler) => Promise<readonly string[]>
): void {
  it(`the invariants hold over ${numRuns} random ${histories} (seed ${seed})`, {
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
}
