// @vitest-environment happy-dom
// Contract, fetch and XMLHttpRequest in happy-dom, which stores cookies and hides them from
// scripts.
import { expectInPageConsoleOfFile } from '../support/page-console.ts'
import { createPair, handlersFor, origins } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch, sendByXhr } from './setup/page-clients.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

// With msw 3, the cases that make a request fail also make happy-dom print the failure.
if (mswMajor === '3') {
  expectInPageConsoleOfFile(
    /(?:\/refresh|\?next=1) 503/,
    /^TypeError: Network error/,
    /^Error: socket hang up/,
    /^Cross-Origin Request Blocked/
  )
}
const byFetch = `msw-${mswMajor}-happy-dom-fetch`
const byXhr = `msw-${mswMajor}-happy-dom-xhr`

inEachDialect([byFetch, byXhr], (dialect) => {
  const pair = createPair(dialect)
  const mock = controlDirectly(pair.server)
  interceptWith(handlersFor(pair, ''))
  testAdapter(byFetch, dialect, () => ({ send: sendByFetch, mock, ...origins }))
  testAdapter(byXhr, dialect, () => ({ send: sendByXhr, mock, ...origins }))
})
