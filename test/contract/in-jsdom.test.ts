// @vitest-environment jsdom
// The contract in jsdom: its XMLHttpRequest has a cookie jar, and the fetch that Node lends it has none.

import { createPair, handlersFor, places } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByXhr } from './setup/page-clients.ts'
import { itHoldsThrough } from './setup/run-contract.ts'
import { steerDirectly } from './setup/server-controls.ts'

const pair = createPair()
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-jsdom-xhr`, () => ({
  send: sendByXhr,
  mock: steerDirectly(pair.server),
  ...places
}))
