// @vitest-environment happy-dom
// The contract in happy-dom, which keeps cookies and hides them.
import { expectInPageConsoleOfFile } from '../support/page-console.ts'
import { createPair, handlersFor, places } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch, sendByXhr } from './setup/page-clients.ts'
import { itHoldsThrough } from './setup/run-contract.ts'
import { steerDirectly } from './setup/server-controls.ts'

// With msw 3, the cases that make a request fail also make happy-dom print the failure.
if (mswMajor === '3') {
  expectInPageConsoleOfFile(
    /\/refresh 503/,
    /^TypeError: Network error/,
    /^Error: socket hang up/,
    /^Cross-Origin Request Blocked/
  )
}
const pair = createPair()
const mock = steerDirectly(pair.server)
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-happy-dom-fetch`, () => ({ send: sendByFetch, mock, ...places }))
itHoldsThrough(`msw-${mswMajor}-happy-dom-xhr`, () => ({ send: sendByXhr, mock, ...places }))
