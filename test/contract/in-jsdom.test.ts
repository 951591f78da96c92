// @vitest-environment jsdom
// Contract, XMLHttpRequest in jsdom, which has a cookie jar.

import { createPair, handlersFor, origins } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByXhr } from './setup/page-clients.ts'
import { testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const pair = createPair()
interceptWith(handlersFor(pair, ''))

testAdapter(`msw-${mswMajor}-jsdom-xhr`, () => ({
  send: sendByXhr,
  mock: controlDirectly(pair.server),
  ...origins
}))
