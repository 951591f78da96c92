// Emulated internet: answers requests to any host and port, with or without TLS, from sites in the
// test process. It records each request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, type NetConnectOpts, type Server, Socket } from 'node:net'
import {
  createSecureContext,
  getCACertificates,
  setDefaultCACertificates,
  TLSSocket
} from 'node:tls'
import type { WireRequest, WireResponse } from 'everbearer/mock'
import { createAuthority } from './certificate.ts'

/** A request as it arrived. */
export interface Arrival {
  readonly origin: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Every header line, in order. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** An answer, raw bytes of one, or a connection that is reset. */
type SiteAnswer = WireResponse | { readonly raw: string } | 'reset'
export type Site = (
  request: WireRequest & { readonly body: string }
) => SiteAnswer | Promise<SiteAnswer>

export interface Internet {
  /** All requests, to any origin. */
  readonly arrivals: readonly Arrival[]
  /** Clears `arrivals`. */
  clear(): void
  /** Redirects each new connection of this process to the sites. */
  capture(): void
  /** URL of a proxy to the sites, for a browser, which runs in another process. */
  readonly proxyUrl: string
  close(): Promise<void>
}

/** `sites` has a site for each origin. `elsewhere` answers for all other origins. */
export async function createInternet(
  sites: Readonly<Record<string, Site>>,
  elsewhere: Site
): Promise<Internet> {
  const arrivals: Arrival[] = []
  const authority = createAuthority()
  const destinations: Destinations = new Map()

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/', method = 'GET', socket } = message
    // A proxy gets absolute URLs, except inside a tunnel.
    const isProxied = !url.startsWith('/')
    const origin = isProxied
      ? toOrigin(url)
      : toOrigin(destinations.get(connectionOf(socket.remotePort, socket.localPort)))
    const path = isProxied ? url.slice(origin.length) : url
    const headers = toPairs(message.rawHeaders)
    const body = await readText(message)
    arrivals.push({ origin, method, path, headers, body })
    const site = Object.hasOwn(sites, origin) ? sites[origin] : undefined
    const answered = await (site ?? elsewhere)({ method, url: origin + path, headers, body })
    if (answered === 'reset') socket.destroy()
    else if ('raw' in answered) socket.end(answered.raw)
    else send(response, answered)
  }

  const listener = (message: IncomingMessage, response: ServerResponse) => {
    answer(message, response).catch((error) => {
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error))
    })
  }
  const plain = createServer(listener)
  const { key, cert } = authority.issue('127.0.0.1')
  const secure = createTlsServer(
    {
      key,
      cert,
      SNICallback: (host, done) => done(null, createSecureContext(authority.issue(host)))
    },
    listener
  )
  plain.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
    destinations.set(connectionOf(socket.remotePort, socket.localPort), `https://${url}`)
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    socket.on('error', () => socket.destroy())
    secure.emit('connection', socket)
  })
  const ports = { plain: await open(plain), secure: await open(secure) }
  let release = () => {}

  return {
    arrivals,
    clear: () => void arrivals.splice(0),
    proxyUrl: `http://127.0.0.1:${ports.plain}`,
    capture() {
      const trusted = getCACertificates('default')
      setDefaultCACertificates([...trusted, authority.certificate])
      const stop = redirectConnections(ports, destinations)
      release = () => {
        stop()
        setDefaultCACertificates(trusted)
      }
    },
    async close() {
      release()
      for (const server of [plain, secure]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    }
  }
}

/** The intended destination of each connection. */
type Destinations = Map<string, string>

/** The port of the client alone is ambiguous: it may be connected to both servers at once. */
function connectionOf(clientPort: number | undefined, serverPort: number | undefined): string {
  return `${clientPort} to ${serverPort}`
}

type Connect = (this: Socket, ...args: unknown[]) => Socket

/** Patches the method that both adapters of axios in Node, and `fetch`, connect with. */
function redirectConnections(
  ports: { readonly plain: number; readonly secure: number },
  destinations: Destinations
): () => void {
  const connect = Socket.prototype.connect as Connect
  const redirected: Connect = function (...args) {
    const [first, ...rest] = args
    const options = (Array.isArray(first) ? first[0] : first) as NetConnectOpts | undefined
    if (typeof options !== 'object' || !('port' in options)) return connect.apply(this, args)
    const isSecure = this instanceof TLSSocket
    const destination = `${isSecure ? 'https' : 'http'}://${bracket(options.host ?? 'localhost')}:${options.port}`
    this.prependOnceListener('connect', () => {
      destinations.set(connectionOf(this.localPort, this.remotePort), destination)
    })
    const port = isSecure ? ports.secure : ports.plain
    const changed = Object.assign(options, { host: '127.0.0.1', port })
    return connect.call(this, Array.isArray(first) ? first : changed, ...rest)
  }
  Socket.prototype.connect = redirected as typeof Socket.prototype.connect
  return () => {
    Socket.prototype.connect = connect as typeof Socket.prototype.connect
  }
}

/** Returns the destination unchanged if it is not a URL, so that it is still recorded. */
function toOrigin(destination = 'nowhere'): string {
  return URL.canParse(destination) ? new URL(destination).origin : destination
}

function bracket(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

function toPairs(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  return pairs
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, headers, setCookies, body }: WireResponse): void {
  response.statusCode = status
  for (const [name, value] of headers) response.appendHeader(name, value)
  if (setCookies.length > 0) response.setHeader('Set-Cookie', setCookies)
  response.end(body)
}

async function open(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
