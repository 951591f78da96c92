// Documentation of the presets: every preset has a source and an example, and is listed in
// docs/backends.md.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as contracts from 'everbearer/contracts'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'src/contract/presets')
const names = Object.keys(contracts)
const comments = new Map(
  readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .flatMap((text) => [
      ...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:const|function) (\w+)/g)
    ])
    .map(([, comment = '', name = '']) => [name, comment])
)
const page = readFileSync(join(root, 'docs/backends.md'), 'utf8')

it('finds the doc comment of every preset', () => {
  expect(names.length).toBeGreaterThan(10)
  expect([...comments.keys()].sort()).toEqual([...names].sort())
})

it.each(names)('names the documentation of the backend of %s', (name) => {
  expect(comments.get(name)).toMatch(/\* @see https:\/\/[\w.-]+\/\S+\n/)
})

it.each(names)('shows how to use and how to change the preset %s', (name) => {
  const [, use = '', change = ''] = comments.get(name)?.split('@example') ?? []
  expect(use).toMatch(new RegExp(`createAuthClient\\(\\{ baseURL, contract: ${name}\\b`))
  expect(change).toMatch(new RegExp(`\\b${name}\\b`))
})

it.each(names)('lists the preset %s with its source in docs/backends.md', (name) => {
  const [, presets = ''] = page.split('\n## Presets\n')
  const row = presets.split('\n').find((line) => new RegExp(`^\\|[^|]*\`${name}\\b`).test(line))
  const [, source] = /\]\((\S+?)\)/.exec(row ?? '') ?? []
  expect(comments.get(name)).toContain(` * @see ${source}`)
})
