// The table in the docs is the one that the declarations make, and the declarations name what there is.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cases } from './cases.ts'
import { adapters } from './doors.ts'
import { command, renderTable, tablePath } from './table.ts'

it(`docs/mock-doors.md is what \`${command}\` writes`, () => {
  expect(readFileSync(tablePath, 'utf8')).toBe(renderTable())
})

it.each(adapters)(
  'every gap of $id is about exactly one case, or about a family of them',
  (adapter) => {
    for (const beginning of Object.keys(adapter.gaps)) {
      expect(cases.filter(({ name }) => name.startsWith(beginning)).length).toBeGreaterThan(0)
    }
  }
)

it('every door has a file that tries it', () => {
  const files = [
    'node',
    'fetch-in-a-page',
    'happy-dom',
    'jsdom',
    'jsdom-fetch',
    'express',
    'chromium'
  ]
  const texts = files.map((file) =>
    readFileSync(new URL(`./${file}.test.ts`, import.meta.url), 'utf8')
  )
  const untried = adapters.filter(({ id }) => {
    const names = [`'${id}'`, `\`${id.replace(/^msw-\d/, `msw-\${mswMajor}`)}\``]
    return !texts.some((text) => names.some((name) => text.includes(name)))
  })
  expect(untried).toEqual([])
})
