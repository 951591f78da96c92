// Recipes without a browser: run with their own test runner on the built package.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const { NODE_ENV: _mode, VITEST: _isVitest, FORCE_COLOR: _colour, ...inherited } = process.env
const env = { ...inherited, NO_COLOR: '1' }

it.each(['testing-vitest-happy-dom', 'testing-vitest-jsdom'])(
  'passes the recipe examples/%s',
  async (name) => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--root', join(root, 'examples', name)]
    const { stdout } = await run(process.execPath, args, { cwd: root, env })
    expect(stdout).toMatch(/Tests +[1-9]\d* passed/)
  }
)

it('passes the recipe examples/testing-node', async () => {
  const file = join(root, 'examples/testing-node/client.test.ts')
  const { stdout } = await run(process.execPath, ['--test', file], { cwd: root, env })
  expect(stdout).toMatch(/(?:#|ℹ) pass [1-9]/)
})
