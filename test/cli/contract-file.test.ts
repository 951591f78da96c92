// Contract file: `everbearer mock --contract` with JSON and modules, and its usage errors.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { address, run, start } from './run-command.ts'

/** Writes a file into a folder that the test removes, and returns its path. */
function write(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'everbearer-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const fields = `{
  login: { path: '/token/', body: 'form', credentials: { name: 'username' } },
  refresh: { path: '/token?grant=refresh', method: 'PUT' },
  logout: { method: 'DELETE', path: '/session' },
  tokens: { accessToken: 'data.token' }
}`
const asJson = fields.replace(/'/g, '"').replace(/(\w+):/g, '"$1":')

describe('everbearer mock --contract', () => {
  it.each([
    ['contract.json', asJson],
    ['contract.js', `export default ${fields}`],
    ['contract.mjs', `export const contract = ${fields}`],
    ['contract.cjs', `module.exports = ${fields}`],
    [
      'contract.ts',
      `import type { AuthContract } from 'everbearer'\nexport const contract = ${fields} satisfies AuthContract`
    ]
  ])('plays the backend of %s', async (name, text) => {
    const running = start(['mock', '--port', '0', '--contract', write(name, text)])
    const url = await address(running)
    const body = new URLSearchParams({ username: 'ada@example.com', password: 'lovelace' })
    const response = await fetch(`${url}/token/`, { method: 'POST', body })

    expect(await response.json()).toMatchObject({ data: { token: expect.stringMatching(/^eyJ/) } })
    expect(running.output().stdout).toContain(
      '  POST   /token/\n  PUT    /token?grant=refresh\n  DELETE /session\n  GET    /me\n'
    )
  })

  it.each([
    ['no-such-file.json', undefined, '"no-such-file.json", which is not a file'],
    ['contract.json', '{', 'which is not JSON ('],
    ['contract.json', '[]', 'which does not hold an object'],
    ['contract.mjs', 'export default 7', 'which does not hold an object'],
    ['contract.mjs', 'export const backend = {}', 'which exports backend, but no default and no'],
    ['contract.mjs', '', 'which exports nothing, but no default and no contract'],
    ['contract.mjs', 'import "no-such-package"', "which cannot be loaded (Cannot find package 'no"],
    ['contract.txt', '{}', 'cannot load: use JSON, JavaScript, or TypeScript from Node 22.18 on'],
    [
      'contract.json',
      '{ "refersh": "/r" }',
      'contract.json": Option contract.refersh: no such option; did you mean refresh?'
    ],
    [
      'contract.mjs',
      'export default { refresh: { path: 7 } }',
      "Option contract.refresh.path: expected a path such as '/refresh', or an absolute URL; received 7."
    ],
    [
      'contract.mjs',
      'export default { logout: async () => {} }',
      'Option contract.logout: expected data such as { path'
    ]
  ])('refuses %s with %j: %s', async (name, text, message) => {
    const path = text === undefined ? name : write(name, text)
    const { child, output, exit } = start(['mock', '--port', '0', '--contract', path])
    expect(await exit).toBe(2)
    expect(child.exitCode).toBe(2)
    expect(output()).toEqual({ stdout: '', stderr: expect.stringContaining(message) })
    expect(output().stderr).toContain('See everbearer mock --help.')
  })

  it('needs a file', async () => {
    const { code, stderr } = await run(['mock', '--contract'])
    expect([code, stderr]).toEqual([2, expect.stringContaining("'--contract <value>' argument")])
  })
})
