// Testing guide, docs/testing-your-app.md: its code runs, its links exist, and its table is
// complete.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const guide = join(root, 'docs/testing-your-app.md')
const text = await readFile(guide, 'utf8')

const [, first = ''] = codeOf('The first test')
const frame = first.slice(0, first.indexOf("\nit('signs in'"))

/** The code blocks of a section. */
function codeOf(section: string, page = text): string[] {
  const [, body = ''] = page.split(`\n## ${section}\n`)
  const [own = ''] = body.split('\n## ')
  return [...own.matchAll(/```[a-z]+\n([\s\S]*?)```/g)].map(([, code = '']) => code)
}

/** Writes files to a folder inside the package, so that they can import it by name. */
async function write(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, '.cache', `docs-${randomUUID()}`)
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code)
  return folder
}

async function test(code: string): Promise<string> {
  const folder = await write({
    'written.test.ts': code,
    'vitest.config.ts': "export default { test: { environment: 'happy-dom' } }"
  })
  const { NODE_ENV: _mode, VITEST: _isVitest, ...env } = process.env
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder]
  const { stdout } = await run(process.execPath, args, {
    cwd: root,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined }
  })
  return stdout
}

it('runs the test and the snippet about expiry of the README', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, mocked = ''] = codeOf('Test your app with the mock', readme)
  const [expiry = ''] = codeOf('Test expiry without sleeping', readme)
  const stdout = await test(`${mocked}
    it('refreshes after a night', async () => {
      server.reset()
      ${expiry}
      expect(server.calls.refresh.at(-1)?.outcome).toBe('rotated')
      auth.dispose()
    })`)
  expect(stdout).toMatch(/Tests +2 passed/)
})

it('runs the first test of the guide', async () => {
  expect(await test(first)).toMatch(/Tests +1 passed/)
})

it('runs the examples of fake timers and of a held refresh without an unhandled rejection', async () => {
  const stdout = await test(`${frame.replace('expect, it }', 'expect, it, vi }')}
    afterEach(() => void vi.useRealTimers())
    it('refreshes', async () => {
      ${codeOf('Fake timers')[0]}
    })
    it('holds', async () => {
      const auth = createAuthClient({ baseURL: '/api' })
      await auth.login({ email: 'ada@example.com', password: 'lovelace' })
      const urls = ['/todos', '/me']
      ${codeOf('Hold things')[0]}
      auth.dispose()
    })`)
  expect(stdout).toMatch(/Tests +2 passed/)
})

it('runs the example of a contract', async () => {
  const [code = ''] = codeOf('Answer like your backend')
  const stdout = await test(`
    import { type AuthContract, createAuthClient } from 'everbearer'
    import { createMockAuthServer } from 'everbearer/mock'
    import { createHandlers } from 'everbearer/mock/msw'
    import { setupServer } from 'msw/node'
    import { expect, it } from 'vitest'
    ${code}
    it('signs in and out', async () => {
      setupServer(...createHandlers(server)).listen()
      await auth.login({ username: 'ada@example.com', password: 'lovelace' })
      server.revokeAccessTokens()
      expect((await auth.axios.get('/me')).data.sub).toBe('user-1')
      expect(await auth.logout()).toEqual({ confirmed: true })
      expect(server.sessions).toEqual([])
      server.assertNoViolations()
    })`)
  expect(stdout).toMatch(/Tests +1 passed/)
})

it('compiles the Express example of the guide', async () => {
  const [, , code = ''] = codeOf('On a port')
  expect(code).toContain('express()')
  const declared = "import { createMockAuthServer } from 'everbearer/mock'\n"
  const server = 'const server = createMockAuthServer()\n'
  const folder = await write({ 'port.ts': declared + server + code })
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--types', 'node']
  const modules = ['--module', 'nodenext', '--ignoreConfig']
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compiled = run(process.execPath, [tsc, ...flags, ...modules, join(folder, 'port.ts')])
  expect(await compiled.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: '' })
})

it('links only to existing files', () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((link) => !existsSync(join(dirname(guide), link)))).toEqual([])
})

it('lists every client rule in its table', async () => {
  const source = await readFile(join(root, 'src/mock/client-rules/rule.ts'), 'utf8')
  const [, union = ''] = /export type MockRule =\n((?: {2}\| '.*'\n)+)/.exec(source) ?? []
  const rules = [...union.matchAll(/'(.*)'/g)].map(([, rule]) => rule)
  const [, section = ''] = text.split('\n## What assertNoViolations checks\n')
  const table = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule)
  expect(rules.length).toBeGreaterThan(5)
  expect([...table].sort()).toEqual([...rules].sort())
})
