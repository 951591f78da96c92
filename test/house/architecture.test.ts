// The house, held: which room may know which, and what none may contain.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({
    file: file.replaceAll('\\', '/'),
    text: readFileSync(join(root, file), 'utf8')
  }))

/** From the roof to the ground: a room may import from itself and from what stands below it. */
const floors = [
  'index',
  'client',
  'auth-client',
  'resolved-options',
  'options',
  'http',
  'refresh',
  'tabs',
  'session',
  'token',
  'option-checks',
  'timers',
  'platform',
  'url',
  'errors'
]
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
const roomOf = (file: string) => file.split('/')[0]?.replace(/\.tsx?$/, '') ?? ''

interface Import {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
}

const imports: readonly Import[] = files.flatMap(({ file, text }) =>
  [...text.matchAll(/^(?:import|export)\s+(type\s+)?([^'"]*?from\s+)?['"]([^'"]+)['"]/gm)].map(
    (match) => {
      const [, type, names = '', specifier = ''] = match
      const to = specifier.startsWith('.')
        ? relative(root, normalize(join(root, dirname(file), specifier))).replaceAll('\\', '/')
        : specifier
      const named = /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '')
      const isTypeOnly =
        type !== undefined || (named?.every((name) => /^\s*type\s/.test(name)) ?? false)
      return { from: file, to, isTypeOnly }
    }
  )
)
const isLocal = ({ to }: Import) => files.some(({ file }) => file === to)

describe('the direction of imports', () => {
  it('goes down the house, types included', () => {
    const invalid = imports.filter(isLocal).filter(({ from, to }) => {
      const floor = floors.indexOf(roomOf(from))
      return floor !== -1 && (floors.indexOf(roomOf(to)) < floor || !floors.includes(roomOf(to)))
    })
    expect(invalid).toEqual([])
  })

  it('has no cycle of values', () => {
    const edges = imports.filter((edge) => isLocal(edge) && !edge.isTypeOnly)
    const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path, file]
      for (const { to } of edges.filter(({ from }) => from === file)) {
        const cycle = visit(to, [...path, file])
        if (cycle !== undefined) return cycle
      }
      return undefined
    }
    expect(files.map(({ file }) => visit(file, [])).find((cycle) => cycle !== undefined)).toBe(
      undefined
    )
  })

  it('hands the platform in: only the composition root takes values from it', () => {
    const invalid = imports.filter(
      ({ from, to, isTypeOnly }) => to === 'platform.ts' && !isTypeOnly && from !== 'client.ts'
    )
    expect(invalid).toEqual([])
  })

  it('lets the React binding know the client by its types alone', () => {
    const invalid = imports.filter(
      ({ from, isTypeOnly, to }) =>
        from.startsWith('react/') && isLocal({ from, to, isTypeOnly }) && !isTypeOnly
    )
    expect(invalid).toEqual([])
  })

  it('shares no code between the client and the mock', () => {
    const isMock = (file: string) => ['mock', 'cli'].includes(roomOf(file))
    expect(
      imports.filter((edge) => isLocal(edge) && isMock(edge.from) !== isMock(edge.to))
    ).toEqual([])
  })

  it('keeps each dependency where it belongs', () => {
    const homes: Record<string, RegExp> = {
      axios: /^(client|auth-client|http\/axios(-\w+)?)\.ts$/,
      'jwt-decode': /^token\/claims\.ts$/,
      jose: /^mock\//,
      msw: /^mock\/msw\.ts$/,
      'tough-cookie': /^mock\/cookie-jar\.ts$/,
      react: /^react\//
    }
    for (const { from, to } of imports.filter((edge) => !isLocal(edge))) {
      const isNode = to.startsWith('node:') && /^(cli\/|mock\/(node|control-listener))/.test(from)
      const [dependency = to] = to.split('/')
      expect(isNode || homes[dependency]?.test(from), `${from} imports ${to}`).toBe(true)
    }
  })
})

describe('every file', () => {
  it.each(files.map(({ file, text }) => [file, text]))(
    '%s begins by saying what it is',
    (_, text) => {
      expect(text.replace(/^#!.*\n/, '')).toMatch(/^\/\/ [A-Z"`c]/)
    }
  )

  it.each(files.map(({ file, text }) => [file, text]))('%s stays readable', (_, text) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(260)
    expect(text).not.toMatch(/@ts-(ignore|expect-error)|biome-ignore|TODO|FIXME/)
    expect(withoutComments(text)).not.toMatch(/^(export )?(const )?enum /m)
  })

  it('reads browser globals in the platform alone', () => {
    const globals =
      /(?<![./\w'"`-])(window|document|navigator|localStorage|performance|setTimeout|setInterval|fetch|Date\.now|Math\.random|crypto)\s*[.(]/
    const readers = files
      .filter(({ file }) => floors.includes(roomOf(file)))
      .filter(({ text }) => globals.test(withoutComments(text)))
      .map(({ file }) => file)
    expect(readers).toEqual(['platform.ts'])
  })
})
