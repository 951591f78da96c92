// Architecture: the levels of the client and the mock, and the rules for every source file.
//
// Biome holds the rest: no import cycles (types included), no `any`, no enum.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../src')

/** Levels from the ground: a room imports from itself and from lower levels only. */
const clientLevels = [
  ['contract'],
  ['contract/presets'],
  ['lib'],
  ['session', 'auth-api/answers'],
  ['auth-api'],
  ['tabs'],
  ['refresh'],
  ['sign-in', 'request'],
  ['schedule', 'request/axios'],
  [
    'options',
    'contract-values',
    'contract-request',
    'resolve-options',
    'resolve-contract',
    'auth-client',
    'create-auth-client'
  ],
  ['index', 'contracts', 'react']
]
const mockLevels = [
  ['lib'],
  ['calls'],
  ['http', 'keys', 'sessions'],
  ['browser'],
  ['options'],
  ['tokens', 'monitor', 'client-rules'],
  ['endpoints', 'controls'],
  ['types'],
  ['adapters'],
  ['services', 'server'],
  ['index', 'msw', 'node']
]

/** The files that may import a dependency. */
const homes: Readonly<Record<string, RegExp>> = {
  axios: /^(?:create-auth-client|auth-client|request\/axios\/[a-z-]+)\.ts$/,
  'jwt-decode': /^lib\/access-token\.ts$/,
  jose: /^mock\//,
  msw: /^mock\/adapters\/msw\.ts$/,
  react: /^react\//,
  'node:': /^(?:cli\/|mock\/adapters\/node)/
}

interface Import {
  readonly from: string
  /** A path below `src`, or the name of a dependency. */
  readonly to: string
  readonly isType: boolean
  readonly isDynamic: boolean
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({
    file: file.replaceAll('\\', '/'),
    text: readFileSync(join(root, file), 'utf8')
  }))
const paths = new Set(files.map(({ file }) => file))

const imports = files.flatMap(({ file, text }): readonly Import[] => {
  const { staticImports, staticExports, dynamicImports } = parseSync(file, text).module
  const isDynamic = false
  return [
    ...staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      isType: entries.length > 0 && entries.every((entry) => entry.isType),
      isDynamic
    })),
    ...staticExports
      .flatMap(({ entries }) => entries)
      .flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ specifier: moduleRequest.value, isType, isDynamic }]
      ),
    // A computed specifier is a file of the user, such as a contract.
    ...dynamicImports
      .filter(({ moduleRequest: { start } }) => /['"`]/.test(text.charAt(start)))
      .map(({ moduleRequest: { start, end } }) => ({
        specifier: text.slice(start + 1, end - 1),
        isType: false,
        isDynamic: true
      }))
  ].map(({ specifier, ...kind }) => ({ from: file, to: resolve(file, specifier), ...kind }))
})
const localImports = imports.filter(({ to }) => paths.has(to))

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return normalize(join(dirname(file), specifier)).replaceAll('\\', '/')
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
}

function isMock(file: string): boolean {
  return file.startsWith('mock/')
}

/** The command line wires the client's and the mock's entries, so it has no level. */
function isCli(file: string): boolean {
  return file.startsWith('cli/')
}

/** The room of a file: its folder, or its name if it is at the root of the client or the mock. */
function roomOf(file: string): string {
  const path = file.replace(/^mock\//, '').replace(/\.tsx?$/, '')
  return path.includes('/') ? dirname(path) : path
}

function levelOf(file: string): number {
  const levels = isMock(file) ? mockLevels : clientLevels
  return levels.findIndex((rooms) => rooms.includes(roomOf(file)))
}

function isAtRoot(file: string): boolean {
  return !file.replace(/^mock\//, '').includes('/')
}

function show({ from, to }: Import): string {
  return `${from} imports ${to}`
}

it('gives every source file a level', () => {
  const homeless = [...paths].filter((file) => !isCli(file) && levelOf(file) === -1)
  expect(homeless).toEqual([])
})

it('lets a room import from itself and from lower levels only, types included', () => {
  const upward = localImports
    .filter(({ from, to }) => !isCli(from) && isMock(from) === isMock(to))
    .filter(({ from, to }) => {
      if (roomOf(from) === roomOf(to)) return false
      // Files at the root share levels and may import each other. Biome finds cycles.
      const isWithinRoot = isAtRoot(from) && isAtRoot(to)
      return isWithinRoot ? levelOf(to) > levelOf(from) : levelOf(to) >= levelOf(from)
    })
  expect(upward.map(show)).toEqual([])
})

it('shares the contract between the client and the mock, and no other file', () => {
  const crossing = localImports.filter(
    ({ from, to }) => !isCli(from) && isMock(from) !== isMock(to) && roomOf(to) !== 'contract'
  )
  expect(crossing.map(show)).toEqual([])
})

it('keeps each dependency in its home', () => {
  const strays = imports
    .filter(({ to }) => !paths.has(to))
    .filter(({ from, to }) => {
      const name = to.startsWith('node:') ? 'node:' : (to.split('/')[0] ?? to)
      return !homes[name]?.test(from)
    })
  expect(strays.map(show)).toEqual([])
})

it('takes values from the platform in the composition root only', () => {
  const takers = localImports.filter(
    ({ from, to, isType }) =>
      to === 'lib/platform.ts' && !isType && from !== 'create-auth-client.ts'
  )
  expect(takers.map(show)).toEqual([])
})

it('gives the React binding nothing but types of the client', () => {
  const values = localImports.filter(({ from, isType }) => from.startsWith('react/') && !isType)
  expect(values.map(show)).toEqual([])
})

it('gives presets nothing but each other and types of the contract', () => {
  const values = imports
    .filter(({ from }) => from === 'contracts.ts' || from.startsWith('contract/presets/'))
    .filter(({ to, isType }) => !isType && !to.startsWith('contract/presets/'))
  expect(values.map(show)).toEqual([])
})

it('reaches neither msw nor node from the core of the mock', () => {
  const reached = new Set<string>()
  function visit(file: string): void {
    if (reached.has(file)) return
    reached.add(file)
    for (const { from, to } of localImports) if (from === file) visit(to)
  }
  visit('mock/index.ts')

  expect(reached.size).toBeGreaterThan(15)
  expect([...reached].filter((file) => /\/(?:msw|node)[a-z-]*\.ts$/.test(file))).toEqual([])
})

it('imports only parts of jose, because the whole takes twice as long to load', () => {
  const whole = imports.filter(({ to, isType }) => to === 'jose' && !isType)
  expect(whole.map(show)).toEqual([])
})

it('begins every file with a comment that says what it is', () => {
  const silent = files.filter(({ text }) => !/^\/\/ [A-Z"`c]/.test(text.replace(/^#!.*\n/, '')))
  expect(silent.map(({ file }) => file)).toEqual([])
})

it('keeps every file short and free of silenced checks', () => {
  const long = files.filter(({ text }) => text.split('\n').length > 260)
  const silenced = files.filter(({ text }) =>
    /@ts-(?:ignore|expect-error)|biome-ignore|TODO|FIXME/.test(text)
  )
  expect([...long, ...silenced].map(({ file }) => file)).toEqual([])
})

it('keeps at most 15 files in a folder', () => {
  const folders = [...paths].map((file) => dirname(file))
  const crowded = folders.filter(
    (folder) => folders.filter((other) => other === folder).length > 15
  )
  expect([...new Set(crowded)]).toEqual([])
})

it('reads browser globals in the platform only', () => {
  const globals =
    /(?<![./\w'"`-])(?:window|document|navigator|localStorage|performance|setTimeout|setInterval|fetch|Date\.now|Math\.random|crypto)\s*[.(]/
  const readers = files
    .filter(({ file }) => !isMock(file) && !/^(?:cli|react)\//.test(file))
    .filter(({ text }) => globals.test(withoutComments(text)))
  expect(readers.map(({ file }) => file)).toEqual(['lib/platform.ts'])
})

it('waits through lib/time.ts: no other file races a promise against a timer', () => {
  // A promise that settles by a timer has neither an abort nor an end with the client.
  const byHand =
    /Promise\.(?:race|any)\(|AbortSignal\.timeout|setTimer\((?:[^()]|\([^()]*\))*\b(?:resolve|reject)/
  const racers = files.filter(
    ({ file, text }) =>
      !isMock(file) && !isCli(file) && file !== 'lib/time.ts' && byHand.test(withoutComments(text))
  )
  expect(racers.map(({ file }) => file)).toEqual([])
})
