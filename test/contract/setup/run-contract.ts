// Runs the contract through one door: what is declared a gap has to be one.
import { describe, expect, it } from 'vitest'
import { canaryHunter } from '../../support/hunt/canary.ts'
import { adapterOf, gapOf, isNeeded } from '../adapters.ts'
import { begin, type Case, cases } from '../cases.ts'
import type { Bed } from './contract-setup.ts'

/** A case that waits for what never comes has failed; of a declared gap that is soon clear. */
const patienceMs = { case: 30_000, gap: 3_000 }

export function itHoldsThrough(id: string, bed: () => Bed | Promise<Bed>): void {
  itHolds(id, async (name) => {
    const one = cases.find((other) => other.name === name)
    const built = await bed()
    await begin(built)
    await one?.run(built)
  })
}

/** For doors whose cases run somewhere else: `run` gets their names. */
export function itHolds(id: string, run: (name: string) => Promise<void>): void {
  const adapter = adapterOf(id)
  describe(`${adapter.title}, ${adapter.client}`, () => {
    for (const one of cases.filter((other) => isNeeded(adapter, other))) {
      const gap = gapOf(adapter, one)
      if (gap === undefined) {
        it(one.name, async () => {
          await within(patienceMs.case, run(one.name))
          pardon(one)
        })
      } else {
        it(`gap: ${one.name} (${gap})`, async () => {
          await expect(within(patienceMs.gap, run(one.name))).rejects.toThrow()
        })
      }
    }
  })
}

/** happy-dom prints the line of a refused request, and Chromium names its URL. */
function pardon({ tokenInUrl }: Case): void {
  if (tokenInUrl === true) canaryHunter.pardon(/^(stderr|URL|console, place)$/)
}

async function within(ms: number, run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not come to an end')), ms)
  })
  try {
    await Promise.race([run, impatience])
  } finally {
    clearTimeout(timer)
  }
}
