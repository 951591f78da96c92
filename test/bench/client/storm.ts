// Storm: many requests meet a token that is past its `exp`, or that was revoked.
import { join } from 'node:path'
import { measureIn } from '../child-process.ts'
import { median, type Part, type Section, type Settings, spread } from '../report.ts'
import { everbearer } from './contenders.ts'
import { peers, undeduplicated } from './peers.ts'
import { chartStorms, type StormTime } from './storm-chart.ts'

const file = join(import.meta.dirname, 'storm-process.ts')
const sizes = [10, 100, 1_000, 10_000, 100_000]
/** The size at which the heap is measured. */
const sizeOfHeap = 10_000

const scenarios = [
  { name: 'expired', title: 'storm A, the token is past its exp', label: 'Token past its exp' },
  { name: 'revoked', title: 'storm B, the token was revoked', label: 'Revoked token' }
] as const

interface Result {
  readonly ratios: readonly number[]
  readonly succeeded: number
  readonly sent: number
  readonly refreshes: number
  readonly kept?: { readonly bare: number; readonly measured: number }
}

function measure(name: string, scenario: string, size: number, rounds: number): Promise<Result> {
  const isHeapMeasured = size === sizeOfHeap
  return measureIn<Result>({
    file,
    args: [name, scenario, String(size), String(rounds)],
    flags: isHeapMeasured ? ['--expose-gc'] : []
  })
}

function roundsFor(size: number, { rounds, isCheck }: Settings): number {
  if (isCheck) return 0
  return Math.max(3, Math.min(rounds, Math.round(20_000 / size)))
}

export const storm: Part = {
  name: 'storm',
  about: 'many requests meet a dead token',
  async run(settings) {
    const { most, isCheck, progress } = settings
    const figures: Record<string, number> = {}
    const sections: Section[] = []
    const charted: StormTime[] = []
    const measured = sizes.filter((size) => size <= most)
    const all = [...peers, undeduplicated, everbearer].map(({ name }) => name)
    for (const { name: scenario, title, label } of scenarios) {
      const rows: string[][] = []
      for (const name of isCheck ? [everbearer.name] : all) {
        const times: string[] = []
        let worst: Result | undefined
        let kept = '–'
        for (const size of measured) {
          progress(`storm ${scenario}: ${name}, ${size} requests`)
          const result = await measure(name, scenario, size, roundsFor(size, settings))
          times.push(spread(result.ratios))
          const lost = size - result.succeeded
          const ratio = median(result.ratios)
          charted.push({ scenario: label, size, name, ratio, isComplete: lost === 0 })
          worst = result
          if (result.kept !== undefined) {
            const ratio = result.kept.measured / result.kept.bare
            kept = `${result.kept.measured.toFixed(0)} (x${ratio.toFixed(2)})`
            if (name === everbearer.name) {
              figures[`storm ${scenario}: heap kept, bytes`] = result.kept.measured
            }
          }
          if (name !== everbearer.name) continue
          const at = `${size} requests`
          figures[`storm ${scenario}: refreshes, ${at}`] = result.refreshes
          figures[`storm ${scenario}: lost, ${at}`] = lost
          figures[`storm ${scenario}: sent / N, ${at}`] = result.sent / size
          if (!isCheck) figures[`storm ${scenario}: time, ${at}`] = median(result.ratios)
        }
        const largest = measured.at(-1) ?? 1
        const counts = [
          `${worst?.succeeded} of ${largest}`,
          String(worst?.refreshes),
          ((worst?.sent ?? 0) / largest).toFixed(2)
        ]
        rows.push([name, ...counts, ...times, kept])
      }
      const head = ['', 'succeeded', 'refreshes', 'sent / N', ...measured.map(String), 'heap kept']
      const notes = [
        'heap kept: bytes of each of 10,000 waiting requests, x a waiting bare request'
      ]
      const unit = 'time x bare axios with as many requests that succeed'
      sections.push({ title: `${title}, ${unit}`, rows: [head, ...rows], notes })
    }
    return { sections, figures, chart: chartStorms(charted) }
  }
}
