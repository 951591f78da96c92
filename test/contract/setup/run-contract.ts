// Contract runner: runs every case through one adapter. A declared gap must fail.
import { describe, expect, it } from 'vitest'
import { canaryHunter } from '../../support/hunt/canary.ts'
import { tier } from '../../support/tier.ts'
import { adapterOf, gapOf, isNeeded } from '../adapters.ts'
import { begin, type Case, cases } from '../cases.ts'
import { dialects } from '../dialects.ts'
import type { Dialect, Setup } from './contract-setup.ts'

/** A case that never ends has failed. A declared gap is given less time. */
const timeoutMs = { case: 30_000, gap: 3_000 }

/** The adapters with which `npm test` runs the other dialect. The matrix runs it with all. */
const inBothDialects = ['fetch-node', 'msw-3-happy-dom-fetch']

/** Defines the tests of these adapters for each dialect in which this tier runs them. */
export function inEachDialect(ids: readonly string[], define: (dialect: Dialect) => void): void {
  const isRun = ids.some(isInBoth)
  for (const dialect of dialects.filter(({ name }) => name === 'usual' || isRun)) {
    describe(`the ${dialect.name} contract`, () => define(dialect))
  }
}

function isInBoth(id: string): boolean {
  return tier !== 'test' || inBothDialects.includes(id)
}

export function testAdapter(
  id: string,
  dialect: Dialect,
  createSetup: () => Omit<Setup, 'dialect'> | Promise<Omit<Setup, 'dialect'>>
): void {
  testRemoteAdapter(id, dialect, async (name) => {
    const one = cases.find((other) => other.name === name)
    const setup = { ...(await createSetup()), dialect }
    await begin(setup)
    await one?.run(setup)
  })
}

/** Tests an adapter with cases that run in another process; `run` receives their names. */
export function testRemoteAdapter(
  id: string,
  dialect: Dialect,
  run: (name: string) => Promise<void>
): void {
  if (dialect.name === 'other' && !isInBoth(id)) return
  const adapter = adapterOf(id)
  describe(`${adapter.title}, ${adapter.client}`, () => {
    for (const one of cases.filter((other) => isNeeded(adapter, other))) {
      const gap = gapOf(adapter, one)
      if (gap === undefined) {
        it(one.name, async () => {
          await within(timeoutMs.case, run(one.name))
          allowTokenInUrl(one)
        })
      } else {
        it(`gap: ${one.name} (${gap})`, async () => {
          await expect(within(timeoutMs.gap, run(one.name))).rejects.toThrow()
        })
      }
    }
  })
}

/**
 * happy-dom prints the URL of a refused request to the console, and Chromium names it in errors.
 */
function allowTokenInUrl({ tokenInUrl }: Case): void {
  if (tokenInUrl === true) canaryHunter.ignore(/^(stderr|URL|console, place)$/)
}

async function within(ms: number, run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case did not end within ${ms} ms`)), ms)
  })
  try {
    await Promise.race([run, timeout])
  } finally {
    clearTimeout(timer)
  }
}
