// The Node adapter: serves the mock on a real port.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { adapterClosed } from '../http/message.ts'
import { callback, describe, invalid, methodOptions, text, whole } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { withControl } from './control-api-listener.ts'
import { createListener } from './node-listener.ts'

export interface ListenOptions {
  /** Port to listen on, 0 to 65 535; 0 takes a free one. Default 0. */
  readonly port?: number
  /**
   * Host to listen on. Default `localhost`, as the page's own host should be: to a browser `127.0.0.1` is another
   * site than `localhost`, and a `SameSite=Strict` cookie stays at home.
   */
  readonly host?: string
  /**
   * Whether tests in other processes may steer the server by requests to `/__mock/…`, which are named after its methods.
   * They are answered to this machine only, and to no page but its own. Default `false`.
   */
  readonly control?: boolean
  /** Answers what the server does not own, such as an API of yours behind `protect`. Default: a 404. */
  readonly next?: RequestListener
}

export interface Listening {
  /** The address without a slash at its end, such as `http://localhost:4000`. */
  readonly url: string
  readonly port: number
  /** Stops listening, ends idle connections and calls that hang or are held, and waits for open ones. */
  close(): Promise<void>
}

/**
 * Listens for real requests.
 *
 * @example
 * const { url, close } = await listen(createMockAuthServer())
 *
 * @throws TypeError that names the option, what was expected and what came; or the error of `node:http`, such as
 *   `EADDRINUSE`
 */
export async function listen(
  server: MockAuthServer,
  options: ListenOptions = {}
): Promise<Listening> {
  const { port, host, control, next } = readOptions(options)
  const open = new Set<AbortController>()
  const plain = createListener(server, next, open)
  const listener = control ? withControl(server, plain, open) : plain
  let closing: Promise<void> | undefined
  // Kept by hand, since to `closeIdleConnections` one that has never carried a request is not idle: browsers open such
  // connections in advance, and would hold `close` up for a minute.
  const connections = new Set<Socket>()
  const answering = new Set<Socket>()
  const httpServer = createServer((request, response) => {
    const { socket } = request
    answering.add(socket)
    response.on('close', () => {
      answering.delete(socket)
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
        for (const socket of connections) if (!answering.has(socket)) socket.destroy()
        for (const call of open) call.abort(adapterClosed)
      })
      return closing
    }
  }
}

function readOptions(options: ListenOptions): Omit<Required<ListenOptions>, 'next'> & {
  readonly next: RequestListener | undefined
} {
  const caller = 'listen'
  const names = ['port', 'host', 'control', 'next'] as const
  const given = methodOptions<ListenOptions>(caller, options, names)
  const { port = 0, host = 'localhost', control = false, next } = given
  if (typeof control !== 'boolean') {
    throw invalid('control', 'true or false', describe(control), caller)
  }
  if (next !== undefined) callback('next', next, caller)
  return {
    port: whole('port', port, [0, 65_535], caller),
    host: text('host', host, caller),
    control,
    next
  }
}
