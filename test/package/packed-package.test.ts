// Packed package: its contents, the size and purity of its bundles, and what publint says.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import * as contracts from 'everbearer/contracts'
import { publint } from 'publint'
import { describe, expect, it } from 'vitest'
import { readPacked } from './read-packed.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const dist = (path: string) => join(root, 'dist', path)
const readme = await readFile(join(root, 'README.md'), 'utf8')

async function bundle(entry: string, external: readonly string[] = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: [dist(entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*', ...external],
    write: false,
    metafile: true,
    logLevel: 'silent'
  })
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) }
}

describe('the bundle', () => {
  it('has the size stated in the README', async () => {
    const { text } = await bundle('index.js', ['axios'])
    const kilobytes = (gzipSync(text, { level: 9 }).length / 1000).toFixed(1)
    expect(/\*\*([\d.]+) kB\.\*\*/.exec(readme)?.[1]).toBe(kilobytes)
  })

  it.each([
    ['index.js', /node_modules\/(jose|msw|react)\/|^dist\/(mock|react|cli)/],
    ['contracts.js', /node_modules\/|^dist\/(?!contracts\.js)/],
    ['react/index.js', /node_modules\/(axios|jose|msw|jwt-decode)\/|^dist\/(mock|index)/],
    ['mock/index.js', /node_modules\/(axios|msw|react|jwt-decode)\/|^dist\/(index|react)/],
    ['mock/msw.js', /node_modules\/(axios|msw|react|jwt-decode)\/|^dist\/(index|react)/],
    ['mock/node.js', /node_modules\/(axios|msw|react|jwt-decode)\/|^dist\/(index|react)/]
  ])(
    'of %s contains no code of other entries and no foreign dependency',
    async (entry, foreign) => {
      const { inputs } = await bundle(entry, ['axios', 'react', 'msw'])
      expect(inputs.filter((input) => foreign.test(input))).toEqual([])
    }
  )

  it.each(Object.keys(contracts))(
    'of an app that imports the preset %s contains no other preset',
    async (name) => {
      const stdin = `import { ${name} } from ${JSON.stringify(dist('contracts.js'))}; use(${name})`
      const { outputFiles } = await build({
        stdin: { contents: stdin, resolveDir: root },
        bundle: true,
        format: 'esm',
        write: false,
        logLevel: 'silent'
      })
      const [{ text = '' } = {}] = outputFiles
      const present = Object.keys(contracts).filter((other) =>
        new RegExp(`(?:var|const|function) ${other}\\b`).test(text)
      )
      expect(present).toEqual([name])
      expect(text.length).toBeLessThan(1500)
    }
  )

  it('is empty if it is imported for its side effects only', async () => {
    const stdin = `import ${JSON.stringify(dist('index.js'))}`
    const { outputFiles } = await build({
      stdin: { contents: stdin, resolveDir: root },
      bundle: true,
      format: 'esm',
      write: false,
      logLevel: 'silent'
    })
    expect(outputFiles[0]?.text.replace(/\/\/.*|\s/g, '')).toBe('')
  })
})

it('passes publint', async () => {
  const { messages } = await publint({ pkgDir: root, strict: true })
  expect(messages).toEqual([])
})

it('contains the build, the README, the licence and the manifest, and nothing else', async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--dry-run'], {
    cwd: root
  })
  const files = readPacked(stdout).files.map(({ path }) => path)
  expect(files).toContain('dist/index.js')
  expect(
    files.filter((file) => !/^(dist\/.*|README\.md|LICENSE|package\.json)$/.test(file))
  ).toEqual([])
})

it('has a declaration and a script for every entry of its manifest', async () => {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const targets = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target)
  )
  expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([])
})

it('declares each entry in one file, which imports packages and other entries only', async () => {
  const files = await readdir(dist('.'), { recursive: true })
  const declarations = files.filter((file) => file.endsWith('.d.ts')).sort()
  const entries = ['contracts', 'index', 'mock/index', 'mock/msw', 'mock/node', 'react/index']
  expect(declarations).toEqual(entries.map((entry) => `${entry}.d.ts`))
  for (const file of declarations) {
    const text = await readFile(dist(file), 'utf8')
    for (const [, source = ''] of text.matchAll(/from "([^"]+)"/g)) {
      const entry = relative(dist('.'), join(dist(file), '..', source)).replace(/\.js$/, '')
      expect(source.startsWith('.') ? entries : packages).toContain(
        source.startsWith('.') ? entry : source
      )
    }
  }
})

const packages = ['axios', 'msw', 'node:http', 'react']

it('takes less than 1 MB on disk, with its dependencies', async () => {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--dry-run'], {
    cwd: root
  })
  let bytes = readPacked(stdout).unpackedSize
  for (const name of Object.keys(dependencies)) {
    const folder = join(root, 'node_modules', name)
    for (const file of await readdir(folder, { recursive: true })) {
      const { size } = await stat(join(folder, file))
      bytes += size
    }
  }
  expect(bytes).toBeLessThan(1_000_000)
})

it('has the licence of the library that the mock contains', async () => {
  expect(await readFile(dist('mock/jose.LICENSE.md'), 'utf8')).toMatch(/^The MIT License/)
})
