// Setup of the token hunt in browsers: reads all pages after each test, and logged calls at once.
import { afterEach, vi } from 'vitest'
import { canaryHunter } from './canary.ts'
import { readPages } from './page-hunt.ts'

vi.mock(import('everbearer/mock'), async (importOriginal) => {
  const original = await importOriginal()
  const createMockAuthServer: typeof original.createMockAuthServer = (options) => {
    const server = original.createMockAuthServer(options)
    server.onCall((call) => canaryHunter.readValue('call log', call))
    return server
  }
  return { ...original, createMockAuthServer }
})

afterEach(async () => {
  await readPages()
  canaryHunter.check()
})
