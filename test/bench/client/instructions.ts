// Instructions: what a request with a valid token executes, by callgrind over the compiled code.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Part } from '../report.ts'
import { bare, everbearer, floors } from './contenders.ts'
import { peers } from './peers.ts'

const run = promisify(execFile)
const file = join(import.meta.dirname, 'hot-path-process.ts')
const requests = 4_000

/** Instructions of a process that sends this many requests. */
async function instructionsOf(name: string, count: number): Promise<number> {
  const valgrind = [
    '--tool=callgrind',
    '--callgrind-out-file=/dev/null',
    // The compiler of V8 rewrites code in place.
    '--smc-check=all-non-file'
  ]
  const node = ['--single-threaded', file, name, 'synthetic', 'requests', String(count)]
  const { stderr } = await run('valgrind', [...valgrind, process.execPath, ...node], {
    env: { ...process.env, NODE_ENV: 'production' },
    maxBuffer: 2 ** 26
  })
  const [, collected] = /Collected : (\d+)/.exec(stderr) ?? []
  if (collected === undefined) throw new Error(`callgrind counted nothing: ${stderr}`)
  return Number(collected)
}

/** `(Ir(2N) - Ir(N)) / N`, which leaves out the start of the process. */
async function perRequest(name: string): Promise<number> {
  const [once, twice] = await Promise.all([
    instructionsOf(name, requests),
    instructionsOf(name, 2 * requests)
  ])
  return (twice - once) / requests
}

async function hasValgrind(): Promise<boolean> {
  return run('valgrind', ['--version']).then(
    () => true,
    () => false
  )
}

export const instructions: Part = {
  name: 'instructions',
  about: 'instructions of a request with a valid token (needs valgrind)',
  async run({ isCheck, progress }) {
    if (!(await hasValgrind())) {
      return { sections: [], figures: {}, skipped: 'valgrind is not installed' }
    }
    const measured = isCheck ? [bare, everbearer] : [bare, ...floors, ...peers, everbearer]
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    let reference = Number.NaN
    for (const { name } of measured) {
      progress(`instructions: ${name}`)
      const count = await perRequest(name)
      if (name === bare.name) reference = count
      rows.push([name, count.toFixed(0), (count / reference).toFixed(3)])
      if (name === everbearer.name) figures['instructions: x bare'] = count / reference
    }
    const title = `instructions per request, (Ir(${2 * requests}) - Ir(${requests})) / ${requests}`
    return { sections: [{ title, rows: [['', 'instructions', 'x bare'], ...rows] }], figures }
  }
}
