// @vitest-environment happy-dom Contract, fetch adapter in a page: `Request` and `Response` drop
// cookies there, so the server emulates the cookie jar.
import { createPair, origins, sendTo } from './setup/in-process-servers.ts'
import { testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const pair = createPair({ cookies: 'jar' })

testAdapter('fetch-happy-dom', () => ({
  send: sendTo(pair),
  mock: controlDirectly(pair.server),
  ...origins
}))
