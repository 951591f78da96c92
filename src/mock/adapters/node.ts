// Adapter for Node: serves the mock on a port, with the control API if the options ask for it.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { adapterClosed } from '../http/message.ts'
import { callback, flag, methodOptions, text, whole } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { createControlApi, refuseRemote } from './control-api.ts'
import { createListener, deliver } from './node-listener.ts'
import { toWireRequest } from './node-request.ts'

export interface ListenOptions {
  /** Port to listen on, 0 to 65 535; 0 selects a free one. Default 0. */
  readonly port?: number
  /**
   * Host to listen on. Default `localhost`. Use the host of the page: to a browser, `127.0.0.1` and
   * `localhost` are different sites, so it would not send a `SameSite=Strict` cookie.
   */
  readonly host?: string
  /**
   * Whether tests in other processes may control the server with requests to `/__mock/…`, which are
   * named after its methods. Only requests from this machine are accepted, and only from pages on
   * it. Default `false`.
   */
  readonly control?: boolean
  /**
   * Listener for all other requests, such as those to an API behind `protect`. Default: they are
   * answered with 404.
   */
  readonly next?: RequestListener
}

export interface Listening {
  /** The address without a trailing slash, such as `http://localhost:4000`. */
  readonly url: string
  readonly port: number
  /**
   * Stops listening. Ends idle connections and calls that hang or are held, and waits for other
   * open calls.
   */
  close(): Promise<void>
}

/**
 * Serves the mock on a port.
 *
 * @example
 * const { url, close } = await listen(createMockAuthServer())
 *
 * @throws TypeError that names the option, the expected value and the received one; or the error of
 *   `node:http`, such as `EADDRINUSE`
 */
export async function listen(
  server: MockAuthServer,
  options: ListenOptions = {}
): Promise<Listening> {
  const { port, host, control, next } = readOptions(options)
  const openCalls = new Set<AbortController>()
  const mockListener = createListener(server, next, openCalls)
  const listener = control ? withControlApi(server, mockListener, openCalls) : mockListener
  let closing: Promise<void> | undefined
  // `closeIdleConnections` does not end a connection that has not carried a request yet. Browsers
  // open such connections in advance, and `close` would wait a minute for them.
  const connections = new Set<Socket>()
  const busy = new Set<Socket>()
  const httpServer = createServer((request, response) => {
    const { socket } = request
    busy.add(socket)
    response.on('close', () => {
      busy.delete(socket)
      if (closing !== undefined) socket.destroySoon()
    })
    listener(request, response)
  })
  httpServer.on('connection', (socket) => {
    if (closing !== undefined) return socket.destroy()
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject)
    httpServer.listen(port, host, resolve)
  })
  const { port: actualPort } = httpServer.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    port: actualPort,
    close() {
      closing ??= new Promise((resolve, reject) => {
        httpServer.close((error) => (error === undefined ? resolve() : reject(error)))
        for (const socket of connections) if (!busy.has(socket)) socket.destroy()
        for (const call of openCalls) call.abort(adapterClosed)
      })
      return closing
    }
  }
}

/** Answers `/__mock/…` with the control API, and passes every other request to `listener`. */
export function withControlApi(
  server: MockAuthServer,
  listener: RequestListener,
  openCalls: Set<AbortController> = new Set()
): RequestListener {
  const control = createControlApi(server)
  return (message, response) => {
    const request = toWireRequest(message, response, openCalls)
    if (!control.owns(request)) return listener(message, response)
    const answer = isLoopback(message.socket.remoteAddress)
      ? control.handle(request)
      : Promise.resolve(refuseRemote())
    void deliver(response, answer)
  }
}

/** The remote address can be trusted: a client with a forged one receives no response. */
function isLoopback(address: string | undefined): boolean {
  return /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/.test(address ?? '')
}

function readOptions(options: ListenOptions): Omit<Required<ListenOptions>, 'next'> & {
  readonly next: RequestListener | undefined
} {
  const caller = 'listen'
  const names = ['port', 'host', 'control', 'next'] as const
  const given = methodOptions<ListenOptions>(caller, options, names)
  const { port = 0, host = 'localhost', control = false, next } = given
  if (next !== undefined) callback('next', next, caller)
  return {
    port: whole('port', port, [0, 65_535], caller),
    host: text('host', host, caller),
    control: flag('control', control, caller),
    next
  }
}
