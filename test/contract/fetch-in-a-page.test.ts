// @vitest-environment happy-dom
// The contract by the server's own fetch in a page, whose requests and responses carry no cookies: the server's jar serves.
import { createPair, places, sendTo } from './in-process.ts'
import { itHoldsThrough } from './run.ts'
import { steerDirectly } from './steering.ts'

const pair = createPair({ cookies: 'jar' })

itHoldsThrough('fetch-happy-dom', () => ({
  send: sendTo(pair),
  mock: steerDirectly(pair.server),
  ...places
}))
