// The table of what holds behind which door, made of the declarations that the contract's own tests hold up.
import { readFileSync } from 'node:fs'
import { adapters, type ContractDoor, gapOf, isNeeded } from './adapters.ts'
import { cases } from './cases.ts'

/** The command that writes the table, as its test names it. */
export const command = 'npm run docs:adapters'
export const tablePath: URL = new URL('../../docs/mock-adapters.md', import.meta.url)

const packages = ['msw', 'msw-2', 'happy-dom', 'jsdom', 'express'] as const

function versionOf(name: (typeof packages)[number]): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')).version
}

function reasons(): readonly string[] {
  const all = adapters.flatMap((adapter) => cases.map((one) => gapOf(adapter, one)))
  return [...new Set(all.filter((reason) => reason !== undefined))]
}

const letterOf = (reason: string) => String.fromCharCode(97 + reasons().indexOf(reason))

function cell(adapter: ContractDoor, index: number): string {
  const one = cases[index]
  if (one === undefined || !isNeeded(adapter, one)) return '–'
  const gap = gapOf(adapter, one)
  return gap === undefined ? '●' : letterOf(gap)
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

export function renderTable(): string {
  const tried = adapters.map((adapter) => {
    const needed = cases.filter((one) => isNeeded(adapter, one))
    const gaps = needed.filter((one) => gapOf(adapter, one) !== undefined)
    return { adapter, needed: needed.length, holds: needed.length - gaps.length }
  })
  const versions = packages
    .map((name) => `${name === 'msw-2' ? 'msw' : name} ${versionOf(name)}`)
    .join(', ')
  return `# What holds behind which adapter

<!-- Written by \`${command}\`. The tests of the contract run every cell of it; do not edit it by hand. -->

One contract, tried by one suite through every adapter of the mock auth server ([test/contract](../test/contract)). A gap is
tried as well: if what is called one begins to work, its test fails.

Tried with ${versions}, and Chromium.

## The adapters

${row(['', 'door', 'client', 'holds'])}
${row(['--:', '---', '---', '---'])}
${tried
  .map(({ adapter, needed, holds }, index) =>
    row([index + 1, adapter.title, adapter.client, `${holds} of ${needed}`])
  )
  .join('\n')}

## The table

● holds · a letter is a gap, explained below · – means nothing there

${row(['', ...adapters.map((_, index) => index + 1)])}
${row(['---', ...adapters.map(() => ':-:')])}
${cases.map(({ name }, index) => row([name, ...adapters.map((adapter) => cell(adapter, index))])).join('\n')}

## The gaps

${reasons()
  .map((reason) => `- **${letterOf(reason)}** ${reason}`)
  .join('\n')}

## What means nothing where

- Only a page has a \`document.cookie\` to look for the refresh cookie in.
- Only \`fetch\` in a browser, in happy-dom and through the fetch adapter has a credentials mode that can be told: in Node every
  intercepted \`fetch\` says \`same-origin\`, whatever it was asked for, and \`XMLHttpRequest\` cannot omit cookies of its
  own origin.
- Where the server plays the cookie cookieJar (Node, \`fetch\` in jsdom, the fetch adapter in a page), a reset empties it: no cookie is left over.

## Not tried

Firefox, WebKit, Bun, Deno, Jest, and msw behind React Native.
`
}
