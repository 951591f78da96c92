// @vitest-environment happy-dom
// Contract, fetch adapter in a page, where `Request` and `Response` drop cookies.
import { createPair, origins, sendTo } from './setup/in-process-servers.ts'
import { testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const pair = createPair({ cookies: 'jar' })

testAdapter('fetch-happy-dom', () => ({
  send: sendTo(pair),
  mock: controlDirectly(pair.server),
  ...origins
}))
