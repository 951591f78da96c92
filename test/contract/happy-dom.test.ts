// @vitest-environment happy-dom
// The contract in happy-dom, which keeps cookies and hides them.
import { sendByFetch, sendByXhr } from './clients.ts'
import { createPair, handlersFor, places } from './in-process.ts'
import { interceptWith, mswMajor } from './msw-network.ts'
import { itHoldsThrough } from './run.ts'
import { steerDirectly } from './steering.ts'

const pair = createPair()
const mock = steerDirectly(pair.server)
interceptWith(handlersFor(pair, ''))

itHoldsThrough(`msw-${mswMajor}-happy-dom-fetch`, () => ({ send: sendByFetch, mock, ...places }))
itHoldsThrough(`msw-${mswMajor}-happy-dom-xhr`, () => ({ send: sendByXhr, mock, ...places }))
