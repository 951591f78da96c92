// Node process: importing an entry has no side effects, and a client does not keep the process
// alive.
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { runChild } from './child.ts'

const lastWords = 'a refresh is planned, 200, 200, 200, authenticated\n'

it.each([
  ['everbearer', ['index.ts'], 'createAuthClient'],
  ['everbearer/mock', ['mock/index.ts'], 'createMockAuthServer'],
  ['everbearer/mock/node', ['mock/node.ts'], 'listen'],
  ['all three entries', ['index.ts', 'mock/index.ts', 'mock/node.ts'], 'createAuthClient']
])('importing %s has no side effects and lets the process exit', async (_, entries, name) => {
  const { code, output, errors, lingeredMs } = await runChild('child-imports.ts', entries)
  expect(errors).toBe('')
  expect(code).toBe(0)
  const { names, ...effects } = JSON.parse(output)
  expect(names).toContain(name)
  expect(effects).toEqual({ started: [], addedListeners: 0, addedGlobals: [], addedResources: [] })
  expect(lingeredMs).toBeLessThan(2_000)
})

it('a process that used a client and its own server exits without dispose()', async () => {
  const { code, output, errors, lingeredMs } = await runChild('child-client.ts')
  expect({ code, output, errors }).toEqual({ code: 0, output: lastWords, errors: '' })
  expect(lingeredMs).toBeLessThan(5_000)
})

it('a process that used a client exits without dispose() while the server keeps running', async () => {
  const { url, close } = await listen(createMockAuthServer())
  onTestFinished(close)
  const { code, output, errors, lingeredMs } = await runChild('child-client.ts', [url])
  expect({ code, output, errors }).toEqual({ code: 0, output: lastWords, errors: '' })
  expect(lingeredMs).toBeLessThan(5_000)
})
