// Adapter table in the docs: is up to date, and matches the cases and the test files.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { command, renderTable, tablePath } from './adapter-table.ts'
import { adapters } from './adapters.ts'
import { cases } from './cases.ts'

it(`docs/mock-adapters.md equals the output of \`${command}\``, () => {
  expect(readFileSync(tablePath, 'utf8')).toBe(renderTable())
})

it.each(adapters)('every declared gap of $id matches a case', (adapter) => {
  for (const beginning of Object.keys(adapter.gaps)) {
    expect(cases.filter(({ name }) => name.startsWith(beginning)).length).toBeGreaterThan(0)
  }
})

it('every adapter is tested by a file', () => {
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
