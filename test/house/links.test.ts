// Links in the documentation: every relative link and every named test leads to a file.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pages = ['.', 'docs', 'examples', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/node_modules/.test(file))
    .map((file) => join(folder, file))
)

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

it('links only to existing files', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`)
  )
  expect(pages.length).toBeGreaterThan(10)
  expect(broken).toEqual([])
})

it('names only existing tests and source files', () => {
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:test|src|docs)\/[\w./-]*)`/g)]
      .map(([, path = '']) => path)
      .filter(
        (path) => !existsSync(join(root, path)) && !existsSync(join(root, dirname(page), path))
      )
      .map((path) => `${page}: ${path}`)
  )
  expect(missing).toEqual([])
})
