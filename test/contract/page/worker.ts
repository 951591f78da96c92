// A page with the server in it, behind the service worker of msw.
import { setupWorker } from 'msw/browser'
import { createPair, handlersFor, places } from '../setup/in-process-servers.ts'
import { steerDirectly } from '../setup/server-controls.ts'
import { offerCases } from './run-in-page.ts'

const pair = createPair()
const ask = { quiet: true, onUnhandledFrame: 'bypass', onUnhandledRequest: 'bypass' } as const
await setupWorker(...handlersFor(pair, '')).start(ask)
offerCases({ ...places, home: location.origin, mock: steerDirectly(pair.server) })
