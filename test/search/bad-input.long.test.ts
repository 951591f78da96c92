// Malformed input, long run: a million inputs with a new seed each time. It reports the slowest
// input.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Subject, sizeOf, subjects } from '../support/fuzz/fuzz-subjects.ts'

const total = Number(process.env.INPUTS ?? 1_000_000)
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)

interface Timed {
  readonly input: unknown
  readonly ms: number
}

const remembered = 10

async function time({ feed }: Subject, input: unknown): Promise<number> {
  const begun = performance.now()
  await feed(input)
  return performance.now() - begun
}

/**
 * The slowest input. Each is timed several times, because garbage collection may slow a single run.
 */
async function findWorst(subject: Subject, slowest: readonly Timed[]): Promise<Timed> {
  let worst: Timed = { input: undefined, ms: 0 }
  for (const { input } of slowest) {
    const times: number[] = []
    for (let chance = 0; chance < 7; chance += 1) times.push(await time(subject, input))
    const ms = Math.min(...times)
    if (ms > worst.ms) worst = { input, ms }
  }
  return worst
}

describe(`${total} malformed inputs (seed ${seed})`, () => {
  it.each(subjects)(
    'handles malformed inputs with typed errors only: $kind',
    { timeout: 3_600_000 },
    async (subject) => {
      const numRuns = Math.round(total * subject.share)
      const outcomes = new Map<string, number>()
      let slowest: Timed[] = []
      let spentMs = 0
      const property = fc.asyncProperty(subject.inputs, async (input) => {
        const begun = performance.now()
        const outcome = await subject.feed(input)
        const ms = performance.now() - begun
        spentMs += ms
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        if (slowest.length >= remembered && ms <= (slowest.at(-1)?.ms ?? 0)) return
        slowest = [...slowest, { input, ms }]
          .sort((one, other) => other.ms - one.ms)
          .slice(0, remembered)
      })
      const details = await fc.check(property, { numRuns, seed })
      expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
      expect(details.numRuns).toBe(numRuns)
      expect(new Set(outcomes.keys())).toEqual(new Set(subject.outcomes))

      const worst = await findWorst(subject, slowest)
      const shares = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
      console.log(
        `${subject.kind}: ${numRuns} inputs (${shares}); ${((spentMs / numRuns) * 1000).toFixed(1)} µs each on average; ` +
          `the worst takes ${(worst.ms * 1000).toFixed(1)} µs for ${sizeOf(worst.input)} characters: ` +
          JSON.stringify(worst.input)?.slice(0, 120)
      )
      expect(worst.ms).toBeLessThan(50)
    }
  )
})
