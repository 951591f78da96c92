// @vitest-environment happy-dom
// Contract, fetch adapter in a page, where `Request` and `Response` drop cookies.
import { createPair, origins, sendTo } from './setup/in-process-servers.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

inEachDialect(['fetch-happy-dom'], (dialect) => {
  const pair = createPair(dialect, { cookies: 'jar' })
  testAdapter('fetch-happy-dom', dialect, () => ({
    send: sendTo(pair),
    mock: controlDirectly(pair.server),
    ...origins
  }))
})
