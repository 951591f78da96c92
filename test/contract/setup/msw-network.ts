// msw around a test file, whichever of its versions the project has.
import type { HttpHandler } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll } from 'vitest'

/** The major version of msw that this project runs on. */
export const mswMajor: string = process.env.MSW_MAJOR ?? '3'

export function interceptWith(handlers: readonly HttpHandler[]): void {
  const network = setupServer(...handlers)
  const ask = { onUnhandledFrame: 'bypass', onUnhandledRequest: 'bypass' } as const
  beforeAll(() => network.listen(ask))
  afterAll(() => network.close())
}
