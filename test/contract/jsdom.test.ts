// @vitest-environment jsdom
// The contract in jsdom: its XMLHttpRequest has a cookie jar, and the fetch that Node lends it has none.
import { sendByXhr } from './clients.ts'
import { createPair, handlersFor, places } from './in-process.ts'
import { interceptWith, mswMajor } from './msw-network.ts'
import { itHoldsThrough } from './run.ts'
import { steerDirectly } from './steering.ts'

const pair = createPair()
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-jsdom-xhr`, () => ({
  send: sendByXhr,
  mock: steerDirectly(pair.server),
  ...places
}))
