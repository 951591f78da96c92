// Mutation test of the search: it must fail on a planted fault and name the violated invariant.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { mutations } from './planted-faults.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

it.each(mutations)(
  'the search detects the planted fault against $invariant',
  { timeout: 600_000 },
  async ({ invariant, file, find, replace }) => {
    const directory = join(root, '.cache/mutants', invariant.split(' ')[0] ?? '')
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { recursive: true })
    await cp(join(root, 'src'), directory, { recursive: true })
    const source = await readFile(join(directory, file), 'utf8')
    expect(source.split(find), `${file} holds the line once`).toHaveLength(2)
    await writeFile(join(directory, file), source.replace(find, replace))

    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const env = {
      ...process.env,
      EVERBEARER_SOURCE: directory,
      TIER: 'test',
      HISTORIES: '3000',
      NO_COLOR: '1'
    }
    const outcome = await run(
      process.execPath,
      [vitest, 'run', '--project', 'node', 'test/search/random-histories'],
      { cwd: root, env }
    )
      .then(() => 'survived')
      .catch((error) => `${error.stdout}${error.stderr}`)
    expect(outcome).toMatch(new RegExp(`"${invariant.split(' ')[0]}: `))
    await rm(directory, { recursive: true })
  }
)
