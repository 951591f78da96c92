// @vitest-environment jsdom
// Contract, fetch in jsdom: it is Node's fetch and has no cookie jar, so the server emulates one.

import { createPair, handlersFor, origins } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const pair = createPair({ cookies: 'jar' })
interceptWith(handlersFor(pair, ''))

testAdapter(`msw-${mswMajor}-jsdom-fetch`, () => ({
  send: sendByFetch,
  mock: controlDirectly(pair.server),
  ...origins
}))
