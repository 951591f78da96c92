// @vitest-environment jsdom
// The contract in jsdom for fetch, which Node lends it: a page without a cookie jar, so the server's own has to serve it.
import { sendByFetch } from './clients.ts'
import { createPair, handlersFor, places } from './in-process.ts'
import { interceptWith, mswMajor } from './msw-network.ts'
import { itHoldsThrough } from './run.ts'
import { steerDirectly } from './steering.ts'

const pair = createPair({ cookies: 'jar' })
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-jsdom-fetch`, () => ({
  send: sendByFetch,
  mock: steerDirectly(pair.server),
  ...places
}))
