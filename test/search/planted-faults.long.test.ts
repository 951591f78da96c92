// Search with planted faults: it must fail on each of them and name the violated invariant.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { plantedFaults } from './planted-faults.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

it.each(plantedFaults)(
  'the search detects a planted fault against $invariant',
  { timeout: 600_000 },
  async ({ invariant, file, find, replace }) => {
    const number = invariant.split(' ')[0] ?? ''
    const directory = join(root, '.cache/planted-faults', number)
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { recursive: true })
    await cp(join(root, 'src'), directory, { recursive: true })
    const source = await readFile(join(directory, file), 'utf8')
    expect(source.split(find), `the replaced text occurs once in ${file}`).toHaveLength(2)
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
      .then(() => 'no violation')
      .catch((error) => `${error.stdout}${error.stderr}`)
    expect(outcome).toMatch(new RegExp(`"${number}: `))
    await rm(directory, { recursive: true })
  }
)
