// Storm chart: the time ratios of everbearer and of the best peers, by scenario and size.
import type { BarChart } from '../charts/bar-chart.ts'
import { bare, everbearer } from './contenders.ts'

/** The time of one contender in storms of one scenario and size. */
export interface StormTime {
  readonly scenario: string
  readonly size: number
  readonly name: string
  /** The median of the ratios to bare axios. */
  readonly ratio: number
  readonly isComplete: boolean
}

const peersInChart = 2

/** A peer that loses requests is not comparable, because a lost request takes less time. */
function bestPeers(times: readonly StormTime[]): readonly string[] {
  const isOurs = ({ name }: StormTime) => name === everbearer.name
  const incomplete = times.filter(({ isComplete }) => !isComplete).map(({ name }) => name)
  const largest = Math.max(...times.map(({ size }) => size))
  return times
    .filter((time) => time.size === largest && !isOurs(time) && !incomplete.includes(time.name))
    .toSorted((one, other) => one.ratio - other.ratio)
    .slice(0, peersInChart)
    .map(({ name }) => name)
}

/** Takes the times of all contenders. */
export function chartStorms(all: readonly StormTime[]): BarChart {
  const scenarios = [...new Set(all.map(({ scenario }) => scenario))]
  const groups = scenarios.flatMap((scenario) => {
    const times = all.filter((time) => time.scenario === scenario)
    const names = [everbearer.name, ...bestPeers(times)]
    return [...new Set(times.map(({ size }) => size))].map((size) => ({
      label: `${scenario}: ${size.toLocaleString('en')} requests`,
      bars: names.flatMap((name) =>
        times
          .filter((time) => time.name === name && time.size === size)
          .map(({ ratio }) => ({ name, value: ratio }))
      )
    }))
  })
  return {
    title: 'Time until all requests of a storm have succeeded',
    quantity: 'Median x bare axios with a valid token; the two fastest peers that lose no request',
    groups,
    emphasis: everbearer.name,
    digits: 2,
    reference: { name: bare.name, value: 1 }
  }
}
