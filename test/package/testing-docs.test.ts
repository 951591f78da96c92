// docs/testing-your-app.md is true: its first test passes as it stands there, its links lead somewhere, its table is whole.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/testing-your-app.md')
const text = await readFile(page, 'utf8')

it('the first test passes', async () => {
  const [, first = ''] = /## The first test[\s\S]*?```ts\n([\s\S]*?)```/.exec(text) ?? []
  // Inside the package, so that it finds itself by its own name.
  const folder = join(root, '.cache', `docs-${process.pid}`)
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'first.test.ts'), first)
  await writeFile(
    join(folder, 'vitest.config.ts'),
    "export default { test: { environment: 'happy-dom' } }"
  )
  const { NODE_ENV: _mode, VITEST: _isVitest, ...env } = process.env
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder]
  const { stdout } = await run(process.execPath, args, {
    cwd: root,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined }
  })
  expect(stdout).toMatch(/Tests +1 passed/)
})

it('every link leads to a file', () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([])
})

it('the table names every rule there is', async () => {
  const source = await readFile(join(root, 'src/mock/violations.ts'), 'utf8')
  const [, union = ''] = /export type MockRule =\n((?: {2}\| '.*'\n)+)/.exec(source) ?? []
  const rules = [...union.matchAll(/'(.*)'/g)].map(([, rule]) => rule)
  const table = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule)
  expect(rules.length).toBeGreaterThan(5)
  expect([...table].sort()).toEqual([...rules].sort())
})
