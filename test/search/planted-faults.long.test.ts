// Search with planted faults: it must fail on each of them and name what is wrong.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { plantedContractFaults, plantedFaults, searches } from './planted-faults.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const timeout = 600_000

interface Change {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Runs a search on a copy of the source with one change, and returns its output if it fails. */
async function searchWith(
  name: string,
  { file, find, replace }: Change,
  search: readonly string[],
  settings: Readonly<Record<string, string>>
): Promise<string> {
  const directory = join(root, '.cache/planted-faults', name)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await cp(join(root, 'src'), directory, { recursive: true })
  const source = await readFile(join(directory, file), 'utf8')
  expect(source.split(find), `the replaced text occurs once in ${file}`).toHaveLength(2)
  await writeFile(join(directory, file), source.replace(find, replace))

  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const env = {
    ...process.env,
    ...settings,
    EVERBEARER_SOURCE: directory,
    TIER: 'test',
    NO_COLOR: '1'
  }
  const args = [vitest, 'run', '--project', 'node', ...search]
  const outcome = await run(process.execPath, args, { cwd: root, env })
    .then(() => 'no violation')
    .catch((error) => `${error.stdout}${error.stderr}`)
  await rm(directory, { recursive: true })
  return outcome
}

it.each(plantedFaults)(
  'the search finds a violation of $invariant if $effect',
  { timeout },
  async ({ invariant, effect, search, ...change }) => {
    const number = invariant.split(' ')[0] ?? ''
    const { file, title } = searches[search]
    const settings = { HISTORIES: '3000', ONLY_INVARIANT: number }
    const name = effect.replaceAll(/\W+/g, '-')
    const args = [`test/search/${file}`, '-t', title]
    const outcome = await searchWith(name, change, args, settings)
    expect(outcome).toMatch(new RegExp(`"${number}: `))
  }
)

it.each(plantedContractFaults)(
  'the play of random contracts fails if $effect',
  { timeout },
  async ({ effect, ...change }) => {
    const name = effect.replaceAll(/\W+/g, '-')
    const outcome = await searchWith(name, change, ['test/search/random-contracts'], {})
    expect(outcome).toContain('Property failed after')
  }
)
