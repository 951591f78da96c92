// Test tiers: each file runs in one, rows meet all transports, and planted faults fit the source.
import { readdirSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { expect, it } from 'vitest'
import { missing, projects } from '../../vitest.config.ts'
import { plantedContractFaults, plantedFaults } from '../search/planted-faults.ts'
import { pairs } from '../support/tier.ts'

const root = join(import.meta.dirname, '../..')
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => /\.test\.tsx?$/.test(file) && !file.includes('/node_modules/'))
  .filter((file) => !missing.some((glob) => matchesGlob(file, glob)))

it('runs every test file in some tier, and no campaign in npm test', () => {
  const runs = (tier: keyof typeof projects, file: string) =>
    projects[tier].some(
      ({ test }) =>
        test?.include?.some((glob) => matchesGlob(file, glob)) &&
        !test.exclude?.some((glob) => matchesGlob(file, glob))
    )
  expect(files.length).toBeGreaterThan(150)
  expect(
    files.filter((file) => !(['test', 'matrix', 'long'] as const).some((tier) => runs(tier, file)))
  ).toEqual([])
  const sampled = files.filter((file) => /\.(table|race)\.(dom\.)?test/.test(file))
  expect(sampled.filter((file) => !runs('test', file) || !runs('matrix', file))).toEqual([])
  expect(files.filter((file) => file.includes('.long.') && runs('test', file))).toEqual([])
})

const rows = Array.from({ length: 23 }, (_, id) => ({ id, kind: id % 5 === 0 ? 'rare' : 'usual' }))
const columns = ['a', 'b', 'c', 'd', 'e', 'f']

it('pairs each row with one transport, and each transport with each class of rows', () => {
  const dealt = pairs(rows, columns, ({ kind }) => kind, true)
  expect(new Set(dealt.map(({ id }) => id)).size).toBe(rows.length)
  expect(new Set(dealt.map(({ kind, transport }) => kind + transport)).size).toBe(
    2 * columns.length
  )
  // The five rare rows are fewer than the transports, so one of them runs twice.
  expect(dealt).toHaveLength(rows.length + 1)
})

it('pairs each row with each transport in the matrix', () => {
  const all = pairs(rows, columns, undefined, false)
  expect(new Set(all.map(({ id, transport }) => id + transport)).size).toBe(23 * 6)
  expect(all).toHaveLength(23 * 6)
})

it('finds the line of each planted fault exactly once in the source', () => {
  const misplaced = [...plantedFaults, ...plantedContractFaults].filter(
    ({ file, find }) => readFileSync(join(root, 'src', file), 'utf8').split(find).length !== 2
  )
  expect(misplaced.map(({ file, find }) => `${file}: ${find}`)).toEqual([])
})

it('plants a fault against each heading of docs/invariants.md', () => {
  const page = readFileSync(join(root, 'docs/invariants.md'), 'utf8')
  const headings = [...page.matchAll(/^## (I\d+ .*)$/gm)].map(([, heading]) => heading)
  expect(headings.length).toBeGreaterThan(10)
  expect([...new Set(plantedFaults.map(({ invariant }) => invariant))]).toEqual(headings)
})
