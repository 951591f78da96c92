// Fleet: the load of many clients on the auth server, simulated with the shipped policy. All counts
// come from a seeded random generator, so they do not depend on the machine.
import type { Part, Section } from '../report.ts'
import { type Contender, everbearer, floor, lifetimeSeconds, withoutSpread } from './contenders.ts'
import {
  type Load,
  outageSeconds,
  playOutage,
  playRotation,
  playSpike,
  requestWithinSeconds
} from './scenarios.ts'

/** The budgets are ratios of a fleet of this size. The peaks of a smaller one have more noise. */
const budgetedClients = 100_000
const retryAfterSeconds = 120

interface Scenario {
  readonly section: Section
  /** The ratios of everbearer with its default options. */
  readonly figures: Readonly<Record<string, number>>
}

function show(count: number): string {
  return Math.round(count).toLocaleString('en')
}

/** Such as `1,288 (x10.3)`. */
function showLoad({ perSecond, ratio }: Load): string {
  return `${show(perSecond)} (x${ratio.toFixed(1)})`
}

function spike(clients: number, contenders: readonly Contender[]): Scenario {
  const figures: Record<string, number> = {}
  const rows = contenders.map((contender) => {
    const { steady, peak } = playSpike(clients, contender)
    if (contender === everbearer) figures['fleet spike: peak x steady'] = peak.ratio
    return [contender.name, show(steady), showLoad(peak)]
  })
  const title = `fleet spike, ${show(clients)} clients sign in within a minute, refreshes per second`
  const head = ['', 'mean', 'peak (x mean)']
  const notes = [`Tokens live ${lifetimeSeconds} s. The load of the four hours after the sign-ins.`]
  return { section: { title, rows: [head, ...rows], notes }, figures }
}

function rotation(clients: number, contenders: readonly Contender[]): Scenario {
  const figures: Record<string, number> = {}
  const rows = contenders.map((contender) => {
    const { steady, refreshes, most, peak, echo } = playRotation(clients, contender)
    if (contender === everbearer) {
      figures['fleet rotation: refreshes of a client'] = most
      figures['fleet rotation: peak x steady'] = peak.ratio
      figures['fleet rotation: next peak x steady'] = echo.ratio
    }
    const counts = [show(refreshes), show(most)]
    return [contender.name, show(steady), ...counts, showLoad(peak), showLoad(echo)]
  })
  const title = `fleet rotation, all tokens of ${show(clients)} clients are refused at once`
  const head = ['', 'mean before', 'refreshes', 'per client at most', 'peak', 'next peak']
  const notes = [
    'mean and peaks: refreshes per second. next peak: of the refreshes one lifetime later.',
    `Each client sends a request, and learns of the refusal, within ${requestWithinSeconds} s.`
  ]
  return { section: { title, rows: [head, ...rows], notes }, figures }
}

function outage(clients: number, contenders: readonly Contender[]): Scenario {
  const figures: Record<string, number> = {}
  const rows: string[][] = []
  function play(contender: Contender, answer: string, retryAfterMs?: number): void {
    const loads = playOutage(clients, contender, retryAfterMs)
    const { during, peakDuring, peakAfter, echo, recoveredAfter } = loads
    if (contender === everbearer) {
      figures[`fleet outage, ${answer}: load x steady`] = during.ratio
      figures[`fleet outage, ${answer}: peak x steady`] = peakDuring.ratio
      figures[`fleet outage, ${answer}: peak after x steady`] = peakAfter.ratio
      figures[`fleet outage, ${answer}: next peak x steady`] = echo.ratio
    }
    const cells = [during, peakDuring, peakAfter, echo].map(showLoad)
    rows.push([`${contender.name}, ${answer}`, show(loads.steady), ...cells, show(recoveredAfter)])
  }
  for (const contender of contenders) {
    play(contender, '503')
    // The floor ignores the header.
    if (contender !== floor) {
      play(contender, `Retry-After: ${retryAfterSeconds}`, retryAfterSeconds * 1000)
    }
  }
  const title = `fleet outage, 503 for ${outageSeconds} s, ${show(clients)} clients, refreshes per second`
  const head = ['', 'mean before', 'mean', 'peak', 'peak after', 'next peak', 'recovered']
  const notes = [
    'peak after: of the recovery. next peak: of the refreshes one lifetime later.',
    'recovered: seconds from the end of the outage until all clients have a new token.'
  ]
  return { section: { title, rows: [head, ...rows], notes }, figures }
}

export const fleet: Part = {
  name: 'fleet',
  about: 'load of many clients after a spike of sign-ins, a key rotation and an outage',
  async run({ isCheck, clients: chosen, progress }) {
    const clients = isCheck ? budgetedClients : chosen
    const all = isCheck ? [everbearer] : [everbearer, withoutSpread, floor]
    progress(`fleet: ${show(clients)} clients`)
    const scenarios = [spike, rotation, outage].map((play) => play(clients, all))
    return {
      sections: scenarios.map(({ section }) => section),
      figures: Object.assign({}, ...scenarios.map(({ figures }) => figures))
    }
  }
}
