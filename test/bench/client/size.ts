// Size: each entry of the package and each peer, bundled for a page, and what npm installs.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ascending, type Bar, type BarChart } from '../charts/bar-chart.ts'
import { folder as peerFolder } from '../peers/load.ts'
import type { Part } from '../report.ts'

const root = join(import.meta.dirname, '../../..')
const external = ['axios', 'react', 'msw', 'node:*', '@react-native-async-storage/async-storage']

interface Bundled {
  readonly name: string
  /** Source of the entry that is bundled. */
  readonly source: string
  readonly from: string
}

const entries = ['', '/contracts', '/react', '/mock', '/mock/msw', '/mock/node']
const ours: readonly Bundled[] = entries.map((entry) => ({
  name: `everbearer${entry}`,
  source: `export * from 'everbearer${entry}'`,
  from: root
}))
const peers: readonly Bundled[] = [
  { name: 'axios-auth-refresh', source: `export * from 'axios-auth-refresh'`, from: peerFolder },
  { name: 'axios-jwt', source: `export * from 'axios-jwt'`, from: peerFolder },
  {
    name: 'oidc-client-ts',
    source: `export { UserManager } from 'oidc-client-ts'`,
    from: peerFolder
  },
  {
    name: '@supabase/auth-js',
    source: `export { AuthClient } from '@supabase/auth-js'`,
    from: peerFolder
  },
  {
    name: '@auth0/auth0-spa-js',
    source: `export { Auth0Client } from '@auth0/auth0-spa-js'`,
    from: peerFolder
  }
]

async function sizeOf({ source, from }: Bundled): Promise<{ min: number; gzip: number }> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: from },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    // The paths of tsconfig.json lead to the source.
    tsconfigRaw: {},
    define: { 'process.env.NODE_ENV': '"production"' },
    external,
    write: false,
    logLevel: 'silent'
  })
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles
  return { min: contents.length, gzip: gzipSync(contents, { level: 9 }).length }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The folder of a package as Node finds it from another folder. */
function findPackage(name: string, from: string): string {
  const paths = createRequire(join(from, 'package.json')).resolve.paths(name) ?? []
  const found = paths.map((path) => join(path, name)).find((path) => isFolder(path))
  if (found === undefined) throw new Error(`${name} is not installed`)
  return found
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** The folders of all direct and indirect dependencies of a package, except axios. */
function dependenciesOf(folder: string, found: Set<string> = new Set()): ReadonlySet<string> {
  for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
    const dependency = findPackage(name, folder)
    if (name === 'axios' || found.has(dependency)) continue
    found.add(dependency)
    dependenciesOf(dependency, found)
  }
  return found
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isNested(folder, entry.parentPath))
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** Nested dependencies are counted by themselves. */
function isNested(folder: string, path: string): boolean {
  return path.slice(folder.length).includes('node_modules')
}

/** The size of all files that `npm pack` puts into the package. */
async function packedBytes(): Promise<number> {
  const args = ['pack', '--json', '--ignore-scripts', '--dry-run']
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root })
  const parsed: unknown = JSON.parse(stdout)
  const [{ unpackedSize }] = Object.values(Object(parsed)) as [{ unpackedSize: number }]
  return unpackedSize
}

async function installedBytes(name: string): Promise<{ bytes: number; packages: number }> {
  const isOurs = name === 'everbearer'
  const folder = isOurs ? root : findPackage(name, peerFolder)
  const dependencies = [...dependenciesOf(folder)]
  const own = isOurs ? await packedBytes() : bytesIn(folder)
  const bytes = dependencies.reduce((sum, dependency) => sum + bytesIn(dependency), own)
  return { bytes, packages: dependencies.length }
}

function chartOf(bars: readonly Bar[]): BarChart {
  return {
    title: 'Size in the bundle of a page',
    quantity: 'kB, minified by esbuild and gzipped, without axios',
    groups: [{ bars: ascending(bars) }],
    emphasis: 'everbearer',
    digits: 1
  }
}

export const size: Part = {
  name: 'size',
  about: 'bundled and installed size of each entry and peer',
  async run({ isCheck, progress }) {
    const figures: Record<string, number> = {}
    const rows: string[][] = []
    const bars: Bar[] = []
    for (const bundled of isCheck ? ours : [...ours, ...peers]) {
      const { name } = bundled
      progress(`size: ${name}`)
      const { min, gzip } = await sizeOf(bundled)
      const isPackage = !ours.includes(bundled) || name === 'everbearer'
      if (isPackage) bars.push({ name, value: gzip / 1000 })
      const installed = isPackage ? await installedBytes(name) : undefined
      rows.push([
        name,
        String(min),
        String(gzip),
        installed === undefined ? '' : (installed.bytes / 1e6).toFixed(2),
        installed === undefined ? '' : String(installed.packages)
      ])
      if (!ours.includes(bundled)) continue
      figures[`size: ${name}, gzip`] = gzip
      if (installed !== undefined) figures[`size: ${name}, installed`] = installed.bytes
    }
    const title =
      'size, bundled by esbuild for a page, minified, gzip -9; axios, react and msw apart'
    const head = ['', 'min bytes', 'gzip bytes', 'installed MB', 'dependencies']
    return { sections: [{ title, rows: [head, ...rows] }], figures, chart: chartOf(bars) }
  }
}
