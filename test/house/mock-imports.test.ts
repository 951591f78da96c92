// What the mock is made of: nothing of the client's, or a mistake of both would cancel out.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('../../src/mock/', import.meta.url)
const files = readdirSync(folder)
const importsOf = (file: string) =>
  [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)
  ].map(([, specifier]) => specifier ?? '')

it.each(files)('%s imports its neighbours, jose, and what its door needs', (file) => {
  const adapters: Record<string, RegExp> = {
    'msw.ts': /^msw$/,
    'node.ts': /^node:(?:http|net)$/,
    'node-answer.ts': /^node:http$/,
    'node-listener.ts': /^node:http$/,
    'control-listener.ts': /^node:http$/,
    'cookie-jar.ts': /^tough-cookie$/
  }
  const foreign = importsOf(file).filter(
    (specifier) =>
      !/^(?:\.\/[a-z-]+\.ts|jose(?:\/[\w/]+)?)$/.test(specifier) && !adapters[file]?.test(specifier)
  )
  expect(foreign).toEqual([])
})

it.each(files)(
  '%s takes of jose the parts it needs, for the whole takes twice as long to load',
  (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    expect([...text.matchAll(/^import (?!type )[^']*'jose'/gm)]).toEqual([])
  }
)

it('the core reaches neither msw nor node', () => {
  const reached = new Set<string>()
  const visit = (file: string) => {
    if (reached.has(file)) return
    reached.add(file)
    for (const specifier of importsOf(file))
      if (specifier.startsWith('./')) visit(specifier.slice(2))
  }
  visit('index.ts')

  expect(reached.size).toBeGreaterThan(15)
  expect([...reached].filter((file) => /^(?:msw|node|.*-listener)\b/.test(file))).toEqual([])
})

it('the cookie jar is loaded when the first cookie comes, not before', () => {
  const text = readFileSync(new URL('cookie-jar.ts', folder), 'utf8')
  const all = [...text.matchAll(/^import (type )?.*'tough-cookie'/gm)].map(([, type]) => type)
  expect(all).toEqual(['type '])
  expect(text).toContain("await import('tough-cookie')")
})
