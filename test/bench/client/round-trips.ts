// Round trips: how many delays of the network pass until a request has its answer.
import { join } from 'node:path'
import { measureIn } from '../child-process.ts'
import type { Part } from '../report.ts'
import { everbearer } from './contenders.ts'
import { peers } from './peers.ts'

const file = join(import.meta.dirname, 'round-trips-process.ts')

const situations = [
  'valid',
  'wake',
  'wake, head start',
  'revoked',
  'page load',
  'page load, head start',
  'new tab'
]

interface Result {
  readonly trips: number | null
  readonly hasSucceeded: boolean
}

export const roundTrips: Part = {
  name: 'round-trips',
  about: 'delays of the network until a request has its answer',
  async run({ isCheck, progress }) {
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    for (const name of (isCheck ? [everbearer] : [...peers, everbearer]).map((one) => one.name)) {
      const row = [name]
      for (const situation of situations) {
        progress(`round trips: ${name}, ${situation}`)
        const result = await measureIn<Result>({ file, args: [name, situation] })
        const { trips, hasSucceeded } = result
        row.push(trips === null ? '–' : hasSucceeded ? String(trips) : 'fails')
        if (name !== everbearer.name) continue
        figures[`round trips: ${situation}`] = hasSucceeded && trips !== null ? trips : Number.NaN
      }
      rows.push(row)
    }
    const title = 'round trips of 50 ms until a request has its answer, on a manual clock'
    const notes = [
      'wake: the token is past its exp. revoked: only the server knows.',
      'head start: the app sends 60 ms after the page is visible, or after the client exists.',
      '–: the contender has no such way.'
    ]
    return { sections: [{ title, rows: [['', ...situations], ...rows], notes }], figures }
  }
}
