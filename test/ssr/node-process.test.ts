// In a Node process the entries do nothing by themselves, and a client keeps no process alive.
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { runChild } from './child.ts'

const lastWords = 'a refresh is planned, 200, 200, 200, authenticated\n'

it.each([
  ['everbearer', ['index.ts'], 'createAuthClient'],
  ['everbearer/mock', ['mock/index.ts'], 'createMockAuthServer'],
  ['everbearer/mock/node', ['mock/node.ts'], 'listen'],
  ['all three of them', ['index.ts', 'mock/index.ts', 'mock/node.ts'], 'createAuthClient']
])('starts nothing by the import of %s, and the process ends', async (_, entries, name) => {
  const { code, output, errors, lingeredMs } = await runChild('child-imports.ts', entries)
  expect(errors).toBe('')
  expect(code).toBe(0)
  const { names, ...effects } = JSON.parse(output)
  expect(names).toContain(name)
  expect(effects).toEqual({ started: [], addedListeners: 0, addedGlobals: [], addedResources: [] })
  expect(lingeredMs).toBeLessThan(2_000)
})

it('lets a process end by itself that used a client and its own server, without dispose()', async () => {
  const { code, output, errors, lingeredMs } = await runChild('child-client.ts')
  expect({ code, output, errors }).toEqual({ code: 0, output: lastWords, errors: '' })
  expect(lingeredMs).toBeLessThan(5_000)
})

it('lets a process end by itself while the server it used goes on, without dispose()', async () => {
  const { url, close } = await listen(createMockAuthServer())
  onTestFinished(close)
  const { code, output, errors, lingeredMs } = await runChild('child-client.ts', [url])
  expect({ code, output, errors }).toEqual({ code: 0, output: lastWords, errors: '' })
  expect(lingeredMs).toBeLessThan(5_000)
})
