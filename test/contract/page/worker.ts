// Page with a service worker: the server runs in the page, behind msw.
import { setupWorker } from 'msw/browser'
import { dialectOf } from '../dialects.ts'
import { createPair, handlersFor, origins } from '../setup/in-process-servers.ts'
import { controlDirectly } from '../setup/server-controls.ts'
import { offerCases } from './run-in-page.ts'

const dialect = dialectOf(new URLSearchParams(location.search).get('dialect'))
const pair = createPair(dialect)
const options = { quiet: true, onUnhandledFrame: 'bypass', onUnhandledRequest: 'bypass' } as const
await setupWorker(...handlersFor(pair, '')).start(options)
offerCases({ ...origins, dialect, home: location.origin, mock: controlDirectly(pair.server) })
