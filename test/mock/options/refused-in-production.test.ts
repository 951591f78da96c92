// No door opens in production.
import { createMockAuthServer, MockAuthServerError } from 'everbearer/mock'
import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => void vi.unstubAllEnvs())

it('a server is not created where NODE_ENV is production, and every door needs one', () => {
  vi.stubEnv('NODE_ENV', 'production')
  expect(() => createMockAuthServer()).toThrow(MockAuthServerError)
  expect(() => createMockAuthServer()).toThrow(
    expect.objectContaining({ code: 'production', message: expect.stringContaining('NODE_ENV') })
  )
})

it.each(['test', 'development', ''])('a server is created where it is %j', (mode) => {
  vi.stubEnv('NODE_ENV', mode)
  expect(createMockAuthServer().calls).toEqual([])
})
