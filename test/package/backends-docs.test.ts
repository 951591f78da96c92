// Page about backends, docs/backends.md: its code compiles, and its descriptions are short.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const page = await readFile(join(root, 'docs/backends.md'), 'utf8')
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
const contractType = "import type { AuthContract } from 'everbearer'\n"
const preset = "import { djangoSimpleJwt } from 'everbearer/contracts'\n"

/** The messages of the compiler in strict mode; empty if the modules compile. */
async function compile(modules: readonly string[]): Promise<string> {
  const folder = join(root, '.cache', `docs-${randomUUID()}`)
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  const paths = modules.map((_, index) => join(folder, `module-${index}.ts`))
  for (const [index, path] of paths.entries()) await writeFile(path, modules[index] ?? '')
  const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck']
  const target = ['--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--ignoreConfig']
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const compiled = run(process.execPath, [tsc, ...flags, ...target, ...paths])
  return compiled.then(
    () => '',
    ({ stdout }) => stdout
  )
}

it('has code that compiles', async () => {
  const modules = blocks.map((code) => {
    if (code.includes('import ')) return code
    const imports = contractType + (code.includes('...djangoSimpleJwt') ? preset : '')
    return `${imports}${code}export {}\n`
  })
  expect(modules.length).toBeGreaterThan(5)
  expect(await compile(modules)).toBe('')
})

it('has table entries that compile as part of a contract', async () => {
  const entries = [...page.matchAll(/^\| [^|]+ \| [^|`]*`(\w+: [^`]+)`/gm)].map(
    ([, entry]) => entry
  )
  const lines = entries.map((entry, index) => `const c${index}: AuthContract = { ${entry} }\n`)
  expect(entries.length).toBeGreaterThan(35)
  expect(await compile([contractType + lines.join('')])).toBe('')
})

it('describes five backends in at most five lines each, as the README does', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, body = ''] = page.split('\n## Five backends, five lines each\n')
  const [section = ''] = body.split('\n## ')
  const descriptions = [
    ...section.matchAll(/const \w+ = \{\n([\s\S]*?)\n\} satisfies AuthContract/g)
  ]
  expect(descriptions).toHaveLength(5)
  expect(descriptions.filter(([, code = '']) => code.split('\n').length > 5)).toEqual([])
  expect(descriptions.filter(([code]) => !readme.includes(code))).toEqual([])
})
