// @vitest-environment jsdom
// Contract, XMLHttpRequest in jsdom, which has a cookie jar.

import { createPair, handlersFor, origins } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByXhr } from './setup/page-clients.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const id = `msw-${mswMajor}-jsdom-xhr`

inEachDialect([id], (dialect) => {
  const pair = createPair(dialect)
  interceptWith(handlersFor(pair, ''))
  testAdapter(id, dialect, () => ({
    send: sendByXhr,
    mock: controlDirectly(pair.server),
    ...origins
  }))
})
