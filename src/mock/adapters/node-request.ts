// Node request: the record of a message that a `node:http` server received.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyLimitBytes } from '../http/body.ts'
import type { WireRequest } from '../http/message.ts'

/**
 * Reads the message itself, not a `Request`: happy-dom replaces that class with one that drops
 * `Cookie` and `Origin`.
 *
 * @param openCalls holds a controller for the call until its response is closed. Aborting it with
 *   `adapterClosed` ends a call that hangs or is held.
 */
export function toWireRequest(
  message: IncomingMessage,
  response: ServerResponse,
  openCalls: Set<AbortController> = new Set()
): WireRequest {
  const { rawHeaders, url = '/', method = 'GET' } = message
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const scheme = 'encrypted' in message.socket ? 'https' : 'http'
  const origin = `${scheme}://${message.headers.host ?? 'localhost'}`
  const call = new AbortController()
  openCalls.add(call)
  response.once('close', () => {
    openCalls.delete(call)
    if (!response.writableFinished) call.abort()
  })
  return {
    method,
    url: url.startsWith('/') ? origin + url : url,
    headers,
    signal: call.signal,
    body: () => readBody(message)
  }
}

// A body parser that ran earlier has consumed the stream and left its content in `body`. The
// parsers of Express 4 set an empty `body` even if they read nothing, so `readableDidRead` decides.
async function readBody(message: IncomingMessage): Promise<string> {
  const { body } = message as { body?: unknown }
  if (body === undefined || !message.readableDidRead) return readStream(message)
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8')
  const isForm = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  return isForm === true ? formOf(Object(body)) : JSON.stringify(body)
}

/** Body parsers turn a repeated field into an array. */
function formOf(fields: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, String(value)])
  )
  return new URLSearchParams(rows).toString()
}

// Stops after one byte more than the limit, so that the server answers 413 as with every adapter.
async function readStream(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let byteLength = 0
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk)
    byteLength += chunk.length
    if (byteLength > bodyLimitBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
