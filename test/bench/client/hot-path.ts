// Hot path: the cost of a request with a valid token, as a ratio to bare axios.
import { join } from 'node:path'
import { ascending, type Bar, type BarChart } from '../charts/bar-chart.ts'
import { measureIn } from '../child-process.ts'
import { median, type Part, type Settings, spread } from '../report.ts'
import { bare, everbearer, floors } from './contenders.ts'
import { peers } from './peers.ts'

const file = join(import.meta.dirname, 'hot-path-process.ts')
const adapters = ['synthetic', 'xhr'] as const
const names = [bare, ...floors, ...peers, everbearer].map(({ name }) => name)
/** The contenders in the chart. */
const charted = [everbearer, ...peers].map(({ name }) => name)

interface Ratios {
  readonly sequential: readonly number[]
  readonly atOnce: readonly number[]
}

interface Bytes {
  readonly bare: readonly number[]
  readonly measured: readonly number[]
}

async function timesOf(
  name: string,
  adapter: string,
  { processes, rounds, progress }: Settings
): Promise<Ratios> {
  const all: Ratios[] = []
  for (let round = 0; round < processes; round += 1) {
    progress(`hot path: ${name}, ${adapter}, process ${round + 1}`)
    all.push(await measureIn<Ratios>({ file, args: [name, adapter, 'time', String(rounds)] }))
  }
  return {
    sequential: all.flatMap(({ sequential }) => sequential),
    atOnce: all.flatMap(({ atOnce }) => atOnce)
  }
}

export const hotPath: Part = {
  name: 'hot-path',
  about: 'time of a request with a valid token',
  async run(settings) {
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    const bars: Record<(typeof adapters)[number], Bar[]> = { synthetic: [], xhr: [] }
    for (const name of names) {
      const row = [name]
      for (const adapter of adapters) {
        const { sequential, atOnce } = await timesOf(name, adapter, settings)
        row.push(spread(sequential), spread(atOnce))
        if (charted.includes(name)) bars[adapter].push({ name, value: median(sequential) })
        if (name !== everbearer.name) continue
        figures[`hot path: sequential, ${adapter}`] = median(sequential)
        figures[`hot path: 1,000 at once, ${adapter}`] = median(atOnce)
      }
      rows.push(row)
    }
    const head = ['', 'app adapter', '1,000 at once', 'xhr adapter', '1,000 at once']
    const { processes, rounds } = settings
    const title = `hot path, x bare axios, median and quartiles of ${processes} x ${rounds} rounds`
    const chart: BarChart = {
      title: 'Time of a request with a valid token',
      quantity: 'Median x bare axios, one request after the other',
      groups: [
        { label: 'xhr adapter, which runs in a page', bars: ascending(bars.xhr) },
        { label: 'adapter of the app', bars: ascending(bars.synthetic) }
      ],
      emphasis: everbearer.name,
      digits: 2,
      reference: { name: bare.name, value: 1 }
    }
    return { sections: [{ title, rows: [head, ...rows] }], figures, chart }
  }
}

export const allocation: Part = {
  name: 'allocation',
  about: 'bytes allocated by a request with a valid token',
  async run({ isCheck, progress }) {
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    for (const name of isCheck ? [everbearer.name] : names) {
      const row = [name]
      for (const adapter of adapters) {
        progress(`allocation: ${name}, ${adapter}`)
        // A new space of this size takes all rounds without a collection.
        const flags = ['--expose-gc', '--min-semi-space-size=1024', '--max-semi-space-size=1024']
        const args = [name, adapter, 'bytes', '15']
        const { bare: ones, measured } = await measureIn<Bytes>({ file, args, flags })
        const extra = median(measured.map((bytes, round) => bytes - (ones[round] ?? Number.NaN)))
        row.push(median(measured).toFixed(0), extra.toFixed(0))
        if (name === everbearer.name) figures[`allocation: extra bytes, ${adapter}`] = extra
      }
      rows.push(row)
    }
    const head = ['', 'app adapter', 'x bare +', 'xhr adapter', 'x bare +']
    const shown = head.map((cell) => (cell === 'x bare +' ? 'more than bare' : cell))
    const title = 'allocation, bytes per request, medians of 15 rounds'
    return { sections: [{ title, rows: [shown, ...rows] }], figures }
  }
}
