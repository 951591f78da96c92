// @vitest-environment jsdom
// The contract in jsdom for fetch, which Node lends it: a page without a cookie jar, so the server's own has to serve it.

import { createPair, handlersFor, places } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { itHoldsThrough } from './setup/run-contract.ts'
import { steerDirectly } from './setup/server-controls.ts'

const pair = createPair({ cookies: 'jar' })
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-jsdom-fetch`, () => ({
  send: sendByFetch,
  mock: steerDirectly(pair.server),
  ...places
}))
