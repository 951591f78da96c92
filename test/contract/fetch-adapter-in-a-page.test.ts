// @vitest-environment happy-dom
// The contract by the server's own fetch in a page, whose requests and responses carry no cookies: the server's jar serves.
import { createPair, places, sendTo } from './setup/in-process-servers.ts'
import { itHoldsThrough } from './setup/run-contract.ts'
import { steerDirectly } from './setup/server-controls.ts'

const pair = createPair({ cookies: 'jar' })

itHoldsThrough('fetch-happy-dom', () => ({
  send: sendTo(pair),
  mock: steerDirectly(pair.server),
  ...places
}))
