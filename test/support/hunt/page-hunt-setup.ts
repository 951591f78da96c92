// The hunt for tokens where tests drive a browser: at the end of each, all pages are read, and the journals as they grow.
import { afterEach, vi } from 'vitest'
import { canaryHunter } from './canary.ts'
import { readPages } from './page-hunt.ts'

vi.mock(import('everbearer/mock'), async (importOriginal) => {
  const original = await importOriginal()
  const createMockAuthServer: typeof original.createMockAuthServer = (options) => {
    const server = original.createMockAuthServer(options)
    server.onCall((call) => canaryHunter.readValue('journal', call))
    return server
  }
  return { ...original, createMockAuthServer }
})

afterEach(async () => {
  await readPages()
  canaryHunter.inspect()
})
