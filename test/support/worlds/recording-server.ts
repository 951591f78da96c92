// A bare server that writes down what arrives, byte for byte, and answers as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Recorded {
  readonly method: string
  readonly url: string
  /** As they came, in order and in their case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export interface RecordingServer {
  readonly url: string
  /** In order of arrival, preflights left out. */
  readonly requests: readonly Recorded[]
  headerOf(request: Recorded | undefined, name: string): string | undefined
}

/** Answers one request, or leaves it without an answer. Preflights are answered before. */
export type Respond = (request: Recorded, response: ServerResponse, nth: number) => void

export async function record(respond: Respond): Promise<RecordingServer> {
  const requests: Recorded[] = []
  const server = createServer(async (message, response) => {
    dress(message, response)
    if (message.method === 'OPTIONS') return void response.writeHead(204).end()
    const request = await read(message)
    requests.push(request)
    respond(request, response, requests.length)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    headerOf: (request, name) =>
      request?.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  }
}

/** 401 to the first token, 200 to every other. */
export const refuseFirstToken: Respond = ({ headers }, response) => {
  const isFirst = headers.some(([, value]) => value === 'Bearer token-1')
  response
    .writeHead(isFirst ? 401 : 200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ isFirst }))
}

// As an API does that lets a page of any other origin in.
function dress(message: IncomingMessage, response: ServerResponse): void {
  const { origin } = message.headers
  if (origin === undefined) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
  response.setHeader(
    'Access-Control-Allow-Headers',
    message.headers['access-control-request-headers'] ?? ''
  )
}

async function read(message: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const { method = '', url = '', rawHeaders } = message
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[2 * index] ?? '', rawHeaders[2 * index + 1] ?? ''] as const
  )
  return { method, url, headers, body: Buffer.concat(chunks) }
}
