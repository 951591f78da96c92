// Recording server: records each request byte for byte and answers as the test specifies.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  /** In their original order and case. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export interface RecordingServer {
  readonly url: string
  /** In order of arrival, without preflights. */
  readonly requests: readonly RecordedRequest[]
  headerOf(request: RecordedRequest | undefined, name: string): string | undefined
}

/** Answers one request, or does not answer it. The server answers preflights itself. */
export type Respond = (request: RecordedRequest, response: ServerResponse, nth: number) => void

export async function startRecordingServer(respond: Respond): Promise<RecordingServer> {
  const requests: RecordedRequest[] = []
  const server = createServer(async (message, response) => {
    addCorsHeaders(message, response)
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

/** Answers 401 to `token-1` and 200 to every other token. */
export const refuseFirstToken: Respond = ({ headers }, response) => {
  const isFirst = headers.some(([, value]) => value === 'Bearer token-1')
  response
    .writeHead(isFirst ? 401 : 200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ isFirst }))
}

// Allows a page of any origin.
function addCorsHeaders(message: IncomingMessage, response: ServerResponse): void {
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

async function read(message: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const { method = '', url = '', rawHeaders } = message
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[2 * index] ?? '', rawHeaders[2 * index + 1] ?? ''] as const
  )
  return { method, url, headers, body: Buffer.concat(chunks) }
}
