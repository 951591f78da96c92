// msw network: intercepts the requests of a test file with the msw version of the vitest project.
import type { HttpHandler } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll } from 'vitest'

/** The major version of msw in this vitest project. */
export const mswMajor: string = process.env.MSW_MAJOR ?? '3'

export function interceptWith(handlers: readonly HttpHandler[]): void {
  const network = setupServer(...handlers)
  const options = { onUnhandledFrame: 'bypass', onUnhandledRequest: 'bypass' } as const
  beforeAll(() => network.listen(options))
  afterAll(() => network.close())
}
