// Stragglers: refusals of one dead token that arrive long after the first one.
import { join } from 'node:path'
import { measureIn } from '../child-process.ts'
import type { Part } from '../report.ts'
import { everbearer } from './contenders.ts'
import { peers, undeduplicated } from './peers.ts'

const file = join(import.meta.dirname, 'stragglers-process.ts')

interface Result {
  readonly requests: number
  readonly succeeded: number
  readonly settled: number
  /** In the first 500 ms. */
  readonly refreshes: number
}

export const stragglers: Part = {
  name: 'stragglers',
  about: 'refusals of one token that arrive over 200 ms',
  async run({ isCheck, progress }) {
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    const all = [...peers, undeduplicated, everbearer].map(({ name }) => name)
    for (const name of isCheck ? [everbearer.name] : all) {
      progress(`stragglers: ${name}`)
      const [good, bad] = await Promise.all([
        measureIn<Result>({ file, args: [name, 'succeeds'] }),
        measureIn<Result>({ file, args: [name, 'fails'] })
      ])
      const of = (count: number) => `${count} of ${good.requests}`
      rows.push([
        name,
        String(good.refreshes),
        of(good.succeeded),
        String(bad.refreshes),
        of(bad.settled)
      ])
      if (name !== everbearer.name) continue
      figures['stragglers: refreshes'] = good.refreshes
      figures['stragglers: lost'] = good.requests - good.succeeded
      figures['stragglers: refreshes that fail'] = bad.refreshes
      figures['stragglers: unsettled'] = bad.requests - bad.settled
    }
    const head = ['', 'refreshes', 'succeeded', 'refreshes if they fail', 'settled']
    const title = 'stragglers, 200 refusals over 200 ms, a refresh takes 20 ms'
    return { sections: [{ title, rows: [head, ...rows] }], figures }
  }
}
