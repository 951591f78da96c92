// Budget of the refreshes that refusals cause in one page (I10).
import type { AuthEvents } from 'everbearer'
import type { Facts } from './facts.ts'

export interface RefusalBudget {
  onEvent(name: keyof AuthEvents, event: Readonly<Record<string, unknown>>): void
}

/** It starts full, and earns one refresh in 8 s. */
const fullBudget = 20
const msPerRefresh = 8_000
/** A token with less life left may expire before it arrives: its refresh is free. */
const expiringMs = 2_000

export function watchBudget(
  facts: Pick<Facts, 'nowMs' | 'troubles'>,
  violate: (what: string) => void
): RefusalBudget {
  let budget = fullBudget
  let countedAtMs = facts.nowMs()
  /** `undefined`: the age of the token is not known. */
  let endsAtMs: number | undefined
  let isFree = false

  function spend(): void {
    const nowMs = facts.nowMs()
    const earned = (nowMs - countedAtMs) / msPerRefresh
    // The client counts the time of a sleep too.
    const hasSlept = facts.troubles.clockMs >= countedAtMs
    budget = hasSlept ? fullBudget : Math.min(fullBudget, budget + earned)
    countedAtMs = nowMs
    budget -= 1
    if (budget < 0) violate('refusals cause more refreshes than their budget allows')
  }

  return {
    onEvent(name, { reason, token }) {
      if (name === 'refresh-started')
        isFree = endsAtMs === undefined || endsAtMs - facts.nowMs() < expiringMs
      if (name === 'refreshed' && reason === 'refusal' && !isFree) spend()
      const lifetimeMs = Number(Reflect.get(Object(token), 'lifetimeSeconds')) * 1_000
      if (token !== undefined)
        endsAtMs = reason === 'other-tab' ? undefined : facts.nowMs() + lifetimeMs
    }
  }
}
