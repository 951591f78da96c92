// An answer that somebody else writes, held back from the moment its head is to go out until the guard has had its say.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { WireResponse } from '../http/message.ts'

export interface BufferedResponse {
  /** Resolves when the head is to go out; with status 0 where the client leaves before. */
  readonly head: Promise<Pick<WireResponse, 'status' | 'headers' | 'setCookies'>>
  /** Resolves with the whole body once it is written; with what there is where the client leaves before. */
  readBody(): Promise<string>
  /** Lets it go out, with these headers in place of its own; only its cookies stay. */
  release(headers: WireResponse['headers']): void
  /** Sends something else instead; whatever is still written is dropped. */
  replace(send: () => void): void
}

type Method = 'writeHead' | 'flushHeaders' | 'write' | 'end' | (typeof headerMethods)[number]
const headerMethods = ['setHeader', 'appendHeader', 'removeHeader'] as const

//   unwritten → held      the listener writes its head, or the first of its body: from now on everything is kept
//   held      → released  what was kept goes out, and what follows goes straight through
//   held      → replaced  what was kept is forgotten, and so is what follows
export function bufferResponse(response: ServerResponse): BufferedResponse {
  let state: 'unwritten' | 'held' | 'released' | 'replaced' = 'unwritten'
  const stored: (() => unknown)[] = []
  const pieces: Buffer[] = []
  const head = signal<Awaited<BufferedResponse['head']>>()
  const end = signal<void>()
  const isOpen = () => state === 'unwritten' || state === 'held'

  const begin = () => {
    if (state !== 'unwritten') return
    state = 'held'
    pretend(response, 'headersSent')
    const rows = headersOf(response)
    const isCookie = (row: readonly [string, string]) => nameOf(row) === 'set-cookie'
    head.send({
      status: response.statusCode,
      headers: rows.filter((row) => !isCookie(row)),
      setCookies: rows.filter(isCookie).map(([, value]) => value)
    })
  }
  response.once('close', () => {
    head.send({ status: 0, headers: [], setCookies: [] })
    end.send()
  })

  // Those that were there before stay as they are: other middleware may have laid its own around them, or lay it around these.
  const intercept = (
    name: Method,
    instead: (original: (...given: unknown[]) => unknown, given: unknown[]) => unknown
  ) => {
    const original = Reflect.get<object, string>(response, name).bind(response) as (
      ...given: unknown[]
    ) => unknown
    Reflect.set(response, name, (...given: unknown[]) =>
      isOpen() ? instead(original, given) : original(...given)
    )
  }

  for (const name of headerMethods) {
    intercept(name, (original, given) => {
      if (state === 'held') throw headersSent()
      return original(...given)
    })
  }
  intercept('writeHead', (original, [status, ...rest]) => {
    if (state === 'held') throw headersSent()
    const message = typeof rest[0] === 'string' ? [rest[0]] : []
    takeOver(response, rest.at(-1))
    response.statusCode = Number(status)
    begin()
    stored.push(() => original(status, ...message))
    return response
  })
  intercept('flushHeaders', (original) => {
    begin()
    stored.push(original)
  })
  intercept('write', (original, given) => {
    begin()
    const { piece, done } = pieceOf(given)
    pieces.push(piece)
    stored.push(() => original(piece))
    // The piece is safe here; who waits for it to be gone before the end would wait for ever if the whole is waited for.
    if (done !== undefined) void Promise.resolve().then(done)
    return true
  })
  intercept('end', (original, given) => {
    begin()
    pretend(response, 'writableEnded')
    pieces.push(pieceOf(given).piece)
    stored.push(() => original(...given))
    end.send()
    return response
  })

  return {
    head: head.sent,
    async readBody() {
      await end.sent
      return Buffer.concat(pieces).toString('utf8')
    },
    release(headers) {
      state = 'released'
      stopPretending(response)
      for (const name of new Set([...response.getHeaderNames(), ...headers.map(nameOf)])) {
        const values = headers.filter((row) => nameOf(row) === name)
        const isKept = String(response.getHeader(name)) === values.map(([, value]) => value).join()
        if (isKept || name === 'set-cookie') continue
        response.removeHeader(name)
        for (const row of values) response.appendHeader(...row)
      }
      for (const write of stored) write()
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
          const { done } = pieceOf(given)
          if (done !== undefined) void Promise.resolve().then(done)
          return name === 'write' ? true : response
        })
      }
      state = 'replaced'
    }
  }
}

function signal<Value>(): { readonly sent: Promise<Value>; send(value: Value): void } {
  let send: (value: Value) => void = () => {}
  const sent = new Promise<Value>((resolve) => {
    send = resolve
  })
  return { sent, send: (value) => send(value) }
}

function nameOf([name]: readonly [string, string]): string {
  return name.toLowerCase()
}

/** Whoever asks is told what would be true without the guard. */
function pretend(response: ServerResponse, name: 'headersSent' | 'writableEnded'): void {
  Object.defineProperty(response, name, { configurable: true, get: () => true })
}

// From here on the truth: middleware that compresses asks it before it lets the first byte through.
function stopPretending(response: ServerResponse): void {
  Reflect.deleteProperty(response, 'headersSent')
  Reflect.deleteProperty(response, 'writableEnded')
}

function headersSent(): Error {
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

/** The headers that `writeHead` itself was given, in place of those of these names that were set before. */
function takeOver(response: ServerResponse, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value)
    }
    return
  }
  const rows = pairsOf(given)
  for (const [name] of rows) response.removeHeader(name)
  for (const row of rows) response.appendHeader(...row)
}

/** A list of names and values is flat, or one of pairs. */
function pairsOf(given: readonly unknown[]): [string, string | string[]][] {
  const flat = Array.isArray(given[0]) ? given.flat() : given
  return Array.from({ length: flat.length >> 1 }, (_, index) => {
    const value = flat[2 * index + 1]
    return [String(flat[2 * index]), Array.isArray(value) ? value.map(String) : String(value)]
  })
}

/** What `write` and `end` take: a piece, its encoding and a callback, each of which may be missing. */
function pieceOf(given: readonly unknown[]): { piece: Buffer; done: (() => void) | undefined } {
  const [chunk, encoding] = given
  const last = given.at(-1)
  const done = typeof last === 'function' ? (last as () => void) : undefined
  if (chunk instanceof Uint8Array) return { piece: Buffer.from(chunk), done }
  if (typeof chunk !== 'string') return { piece: Buffer.alloc(0), done }
  return { piece: Buffer.from(chunk, encoding as BufferEncoding), done }
}
