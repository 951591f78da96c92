// Entry "everbearer/mock/node": the server behind a real socket.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { MockAuthServer } from './server-face.ts'
import { bodyLimitBytes, refusal, type WireRequest, type WireResponse } from './wire.ts'

export interface ListenOptions {
  /** Port to listen on, 0 to 65 535; 0 takes a free one. Default 0. */
  readonly port?: number
  /**
   * Host to listen on. Default `localhost`, as the page's own host should be: to a browser `127.0.0.1` is another
   * site than `localhost`, and a `SameSite=Strict` cookie stays at home.
   */
  readonly host?: string
}

export interface Listening {
  /** The address without a slash at its end, such as `http://localhost:4000`. */
  readonly url: string
  readonly port: number
  /** Stops listening, ends idle connections and waits for open calls. */
  close(): Promise<void>
}

/**
 * Listens for real requests.
 *
 * @example
 * const { url, close } = await listen(createMockAuthServer())
 *
 * @throws the error of `node:http`, such as `EADDRINUSE`
 */
export async function listen(
  server: MockAuthServer,
  { port = 0, host = 'localhost' }: ListenOptions = {}
): Promise<Listening> {
  const listener = toNodeListener(server)
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
      })
      return closing
    }
  }
}

/** The server as a listener for `createServer` or Express. What it does not own goes to `next`, or is a 404. */
export function toNodeListener(server: MockAuthServer, next?: RequestListener): RequestListener {
  return (message, response) => {
    const request = toWireRequest(message)
    if (next !== undefined && !server.owns(request)) return next(message, response)
    server
      .handle(request, 'node')
      .catch(() => refusal(500, 'server_error', 'something went wrong in here'))
      .then((answer) => send(response, answer))
  }
}

// Never by way of a `Request`: in a process with happy-dom around, that class drops `Cookie` and `Origin`.
function toWireRequest(message: IncomingMessage): WireRequest {
  const { rawHeaders, url = '/', method = 'GET' } = message
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const scheme = 'encrypted' in message.socket ? 'https' : 'http'
  const origin = `${scheme}://${message.headers.host ?? 'localhost'}`
  return {
    method,
    url: url.startsWith('/') ? origin + url : url,
    headers,
    body: () => readBody(message)
  }
}

// Reads one byte more than allowed and stops: the server itself says 413, whoever the sender is.
async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let byteLength = 0
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk)
    byteLength += chunk.length
    if (byteLength > bodyLimitBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, headers, setCookies, body }: WireResponse): void {
  const bytes = Buffer.from(body)
  response.statusCode = status
  for (const [name, value] of headers) response.appendHeader(name, value)
  if (setCookies.length > 0) response.setHeader('Set-Cookie', setCookies)
  if (bytes.length > 0) response.setHeader('Content-Length', bytes.length)
  // What is left of a body that was too large would otherwise be taken for the next request.
  if (status === 413) response.setHeader('Connection', 'close')
  response.end(bytes)
}
