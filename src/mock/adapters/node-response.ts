// Buffered Node response: stores what a listener writes until the guard sends or replaces it.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { WireResponse } from '../http/message.ts'

export interface BufferedResponse {
  /** Resolves when the listener sends the head; with status 0 if the client disconnects first. */
  readonly head: Promise<Pick<WireResponse, 'status' | 'headers' | 'setCookies'>>
  /** Resolves with the body: complete, or what was written before the client disconnected. */
  readBody(): Promise<string>
  /** Sends the response. `headers` replace all of its headers except cookies. */
  release(headers: WireResponse['headers']): void
  /** Lets `send` write a different response; everything the listener writes later is dropped. */
  replace(send: () => void): void
}

type Method = 'writeHead' | 'flushHeaders' | 'write' | 'end' | (typeof headerMethods)[number]
const headerMethods = ['setHeader', 'appendHeader', 'removeHeader'] as const

//   unwritten → buffered   the listener sends the head or the first chunk: all writes are stored
//   buffered  → released   the stored writes are sent; later writes go straight through
//   buffered  → replaced   the stored writes are dropped, and so are later ones
export function bufferResponse(response: ServerResponse): BufferedResponse {
  let state: 'unwritten' | 'buffered' | 'released' | 'replaced' = 'unwritten'
  const writes: (() => unknown)[] = []
  const chunks: Buffer[] = []
  const head = createDeferred<Awaited<BufferedResponse['head']>>()
  const end = createDeferred<void>()

  function begin(): void {
    if (state !== 'unwritten') return
    state = 'buffered'
    pretend(response, 'headersSent')
    const rows = headersOf(response)
    const isCookie = (row: readonly [string, string]) => nameOf(row) === 'set-cookie'
    head.resolve({
      status: response.statusCode,
      headers: rows.filter((row) => !isCookie(row)),
      setCookies: rows.filter(isCookie).map(([, value]) => value)
    })
  }
  response.once('close', () => {
    head.resolve({ status: 0, headers: [], setCookies: [] })
    end.resolve()
  })

  // The methods are never restored, because other middleware may have wrapped them since.
  function override(
    name: Method,
    replacement: (original: (...given: unknown[]) => unknown, given: unknown[]) => unknown
  ): void {
    const original = Reflect.get<object, string>(response, name).bind(response) as (
      ...given: unknown[]
    ) => unknown
    Reflect.set(response, name, (...given: unknown[]) =>
      state === 'unwritten' || state === 'buffered'
        ? replacement(original, given)
        : original(...given)
    )
  }

  for (const name of headerMethods) {
    override(name, (original, given) => {
      if (state === 'buffered') throw headersSentError()
      return original(...given)
    })
  }
  override('writeHead', (original, [status, ...rest]) => {
    if (state === 'buffered') throw headersSentError()
    const message = typeof rest[0] === 'string' ? [rest[0]] : []
    setHeaders(response, rest.at(-1))
    response.statusCode = Number(status)
    begin()
    writes.push(() => original(status, ...message))
    return response
  })
  override('flushHeaders', (original) => {
    begin()
    writes.push(original)
  })
  override('write', (original, given) => {
    begin()
    const { chunk, done } = readChunk(given)
    chunks.push(chunk)
    writes.push(() => original(chunk))
    // The chunk is buffered, so call back now: a listener that waits for the callback before
    // `end()` would deadlock if the guard waits for the whole body.
    if (done !== undefined) void Promise.resolve().then(done)
    return true
  })
  override('end', (original, given) => {
    begin()
    pretend(response, 'writableEnded')
    chunks.push(readChunk(given).chunk)
    writes.push(() => original(...given))
    end.resolve()
    return response
  })

  return {
    head: head.promise,
    async readBody() {
      await end.promise
      return Buffer.concat(chunks).toString('utf8')
    },
    release(headers) {
      state = 'released'
      stopPretending(response)
      for (const name of new Set([...response.getHeaderNames(), ...headers.map(nameOf)])) {
        const values = headers.filter((row) => nameOf(row) === name)
        const isSame = String(response.getHeader(name)) === values.map(([, value]) => value).join()
        if (isSame || name === 'set-cookie') continue
        response.removeHeader(name)
        for (const row of values) response.appendHeader(...row)
      }
      for (const write of writes) write()
    },
    replace(send) {
      state = 'released'
      stopPretending(response)
      response.statusMessage = ''
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      send()
      pretend(response, 'headersSent')
      for (const name of ['write', 'end'] as const) {
        Reflect.set(response, name, (...given: unknown[]) => {
          const { done } = readChunk(given)
          if (done !== undefined) void Promise.resolve().then(done)
          return name === 'write' ? true : response
        })
      }
      state = 'replaced'
    }
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>
  resolve(value: Value): void
}

function createDeferred<Value>(): Deferred<Value> {
  let settle: (value: Value) => void = () => {}
  const promise = new Promise<Value>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value) => settle(value) }
}

function nameOf([name]: readonly [string, string]): string {
  return name.toLowerCase()
}

/** While the response is buffered, its properties say what would be true without the guard. */
function pretend(response: ServerResponse, name: 'headersSent' | 'writableEnded'): void {
  Object.defineProperty(response, name, { configurable: true, get: () => true })
}

// Compression middleware reads these properties before it sends the first byte, so they must be
// true by then.
function stopPretending(response: ServerResponse): void {
  Reflect.deleteProperty(response, 'headersSent')
  Reflect.deleteProperty(response, 'writableEnded')
}

/** The error that Node throws for headers that are set too late. */
function headersSentError(): Error {
  const error = new Error('Cannot change headers after they are sent to the client')
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

function headersOf(response: ServerResponse): [string, string][] {
  return response
    .getHeaderNames()
    .flatMap((name) =>
      [response.getHeader(name) ?? []]
        .flat()
        .map((value): [string, string] => [name, String(value)])
    )
}

/** Applies the headers argument of `writeHead`; it replaces earlier headers of the same names. */
function setHeaders(response: ServerResponse, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value)
    }
    return
  }
  const rows = toPairs(given)
  for (const [name] of rows) response.removeHeader(name)
  for (const row of rows) response.appendHeader(...row)
}

/** `writeHead` accepts a flat array of names and values, and an array of pairs. */
function toPairs(given: readonly unknown[]): [string, string | string[]][] {
  const flat = Array.isArray(given[0]) ? given.flat() : given
  return Array.from({ length: flat.length >> 1 }, (_, index) => {
    const value = flat[2 * index + 1]
    return [String(flat[2 * index]), Array.isArray(value) ? value.map(String) : String(value)]
  })
}

/** The arguments of `write` and `end`: a chunk, its encoding and a callback, all optional. */
function readChunk(given: readonly unknown[]): { chunk: Buffer; done: (() => void) | undefined } {
  const [chunk, encoding] = given
  const last = given.at(-1)
  const done = typeof last === 'function' ? (last as () => void) : undefined
  if (chunk instanceof Uint8Array) return { chunk: Buffer.from(chunk), done }
  if (typeof chunk !== 'string') return { chunk: Buffer.alloc(0), done }
  return { chunk: Buffer.from(chunk, encoding as BufferEncoding), done }
}
