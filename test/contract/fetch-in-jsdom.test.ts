// @vitest-environment jsdom
// Contract, fetch in jsdom: it is Node's fetch and has no cookie jar, so the server emulates one.

import { createPair, handlersFor, origins } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const id = `msw-${mswMajor}-jsdom-fetch`

inEachDialect([id], (dialect) => {
  const pair = createPair(dialect, { cookies: 'jar' })
  interceptWith(handlersFor(pair, ''))
  testAdapter(id, dialect, () => ({
    send: sendByFetch,
    mock: controlDirectly(pair.server),
    ...origins
  }))
})
