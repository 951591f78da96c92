// Demo server: starts the mock auth server and the page on two origins.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { toNodeListener } from 'everbearer/mock/node'
import { createServer as createViteServer, type ViteDevServer } from 'vite'
import { createControlRoom, toServerCall } from './control-room.ts'
import { callMessage, demoUser, keysMessage } from './demo-facts.ts'

export interface DemoOptions {
  /** Port of the auth server. If it is in use, a free port is taken. 0: any port. Default 4000. */
  readonly apiPort?: number
  /** Port of the page, by the same rule. Default 5173. */
  readonly pagePort?: number
  /** Lifetime of an access token, in seconds. Default 30: short enough to watch. */
  readonly accessTokenSeconds?: number
}

export interface Demo {
  readonly pageUrl: string
  readonly apiUrl: string
  readonly server: MockAuthServer
  close(): Promise<void>
}

const pageRoot = fileURLToPath(new URL('.//', import.meta.url))
const repository = fileURLToPath(new URL('../..', import.meta.url))

export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const { apiPort = 4000, pagePort = 5173, accessTokenSeconds = 30 } = options
  const server = createMockAuthServer({ users: [demoUser], accessTokenSeconds })
  let page: ViteDevServer | undefined
  let pageOrigin: string | undefined
  const controlRoom = createControlRoom({
    server,
    accessTokenSeconds,
    pageOrigin: () => pageOrigin,
    onKeysChanged: (keys) => page?.ws.send(keysMessage, keys)
  })
  // The page's dev connection carries the call log too. A separate event stream would use one of
  // the six connections that a browser opens to the API, in every tab.
  const stopSending = server.onCall((call) => {
    const serverCall = toServerCall(call)
    if (serverCall !== undefined) page?.ws.send(callMessage, serverCall)
  })

  const api = createServer(toNodeListener(server, controlRoom.listener))
  const apiUrl = `http://localhost:${await listenOn(api, apiPort)}`
  try {
    page = await servePage(apiUrl, pagePort)
  } catch (error) {
    await closeServer(api)
    throw error
  }
  const pageUrl = page.resolvedUrls?.local[0] ?? `http://localhost:${pagePort}/`
  pageOrigin = new URL(pageUrl).origin

  return {
    pageUrl,
    apiUrl,
    server,
    async close() {
      stopSending()
      await Promise.all([page?.close(), closeServer(api)])
    }
  }
}

async function servePage(apiUrl: string, port: number): Promise<ViteDevServer> {
  const page = await createViteServer({
    configFile: false,
    envFile: false,
    root: pageRoot,
    cacheDir: `${repository}/node_modules/.vite/demo`,
    logLevel: 'error',
    plugins: [react()],
    define: { 'import.meta.env.VITE_API_URL': JSON.stringify(apiUrl) },
    // Listed, because Vite would otherwise discover them on the first visit and reload the page.
    optimizeDeps: {
      include: [
        'axios',
        'jwt-decode',
        'react',
        'react/jsx-runtime',
        'react/jsx-dev-runtime',
        'react-dom/client'
      ]
    },
    server: {
      host: 'localhost',
      port,
      open: false,
      fs: { allow: [pageRoot, `${repository}/dist`, `${repository}/node_modules`] }
    }
  })
  try {
    return await page.listen()
  } catch (error) {
    await page.close()
    throw error
  }
}

/** @returns the port; a free one if the wanted one is in use */
function listenOn(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('listening', () => resolve((server.address() as AddressInfo).port))
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || wanted === 0) return reject(error)
      server.listen(0, 'localhost')
    })
    server.listen(wanted, 'localhost')
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
