// Recipes that need a browser: run with Node's test runner on the built package.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { findChromium } from '../support/browsers/chromium.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

it.each(['testing-playwright/app.test.ts', 'testing-worker/stories.test.ts'])(
  'passes the recipe examples/%s',
  async (file) => {
    const { NODE_ENV: _mode, VITEST: _isVitest, ...inherited } = process.env
    const env = { ...inherited, CHROMIUM_PATH: findChromium(), NO_COLOR: '1' }
    const args = ['--test', join(root, 'examples', file)]
    const { stdout } = await run(process.execPath, args, { cwd: root, env })
    expect(stdout).toMatch(/(?:#|ℹ) pass [1-9]/)
  }
)
