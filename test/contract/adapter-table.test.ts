// The table in the docs is the one that the declarations make, and the declarations name what there is.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { command, renderTable, tablePath } from './adapter-table.ts'
import { adapters } from './adapters.ts'
import { cases } from './cases.ts'

it(`docs/mock-adapters.md is what \`${command}\` writes`, () => {
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
    'in-node',
    'fetch-adapter-in-a-page',
    'in-happy-dom',
    'in-jsdom',
    'fetch-in-jsdom',
    'behind-express',
    'in-chromium'
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
