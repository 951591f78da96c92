// Production: the server refuses to start.
import { createMockAuthServer, MockAuthServerError } from 'everbearer/mock'
import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => void vi.unstubAllEnvs())

it('createMockAuthServer() throws if NODE_ENV is production', () => {
  vi.stubEnv('NODE_ENV', 'production')
  expect(() => createMockAuthServer()).toThrow(MockAuthServerError)
  expect(() => createMockAuthServer()).toThrow(
    expect.objectContaining({ code: 'production', message: expect.stringContaining('NODE_ENV') })
  )
})

it.each(['test', 'development', ''])('createMockAuthServer() works if NODE_ENV is %j', (mode) => {
  vi.stubEnv('NODE_ENV', mode)
  expect(createMockAuthServer().calls).toEqual([])
})
