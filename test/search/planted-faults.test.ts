// Anchors of the planted faults: a text that has changed in the source would plant nothing.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { plantedContractFaults, plantedFaults } from './planted-faults.ts'

const root = join(import.meta.dirname, '../..')

it('the text that a planted fault replaces occurs once in its file', () => {
  const anchors = [...plantedFaults, ...plantedContractFaults]
  const counts = anchors.map(({ file, find }) => {
    const source = readFileSync(join(root, 'src', file), 'utf8')
    return { file, find, times: source.split(find).length - 1 }
  })
  expect(counts.filter(({ times }) => times !== 1)).toEqual([])
})

it('each invariant has a planted fault', () => {
  const text = readFileSync(join(root, 'docs/invariants.md'), 'utf8')
  const headings = [...text.matchAll(/^## (I\d+ .+)$/gm)].map(([, heading]) => heading)
  const planted = new Set(plantedFaults.map(({ invariant }) => invariant))
  expect([...planted].sort()).toEqual(headings.sort())
})
