// Load generator: uses bare sockets, so that the cost of a client does not count.
import { connect, type Socket } from 'node:net'

export interface Target {
  readonly port: number
  readonly path: string
  readonly contentType: string
  readonly body: string
}

function requestTo({ port, path, contentType, body }: Target): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Sends one request; resolves to the status of the answer. */
export function askOnce(target: Target): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, 'localhost', () => socket.write(requestTo(target)))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(Number(data.subarray(9, 12).toString()))
    })
    socket.once('error', reject)
  })
}

/** Keeps `connections` connections busy for `forMs`. */
export async function requestsPerSecond(
  target: Target,
  connections: number,
  forMs: number
): Promise<number> {
  const request = requestTo(target)
  const sockets: Socket[] = []
  let answered = 0
  let isOver = false
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(target.port, 'localhost')
      sockets.push(socket)
      await new Promise((resolve) => socket.once('connect', resolve))
      let pending = Buffer.alloc(0)
      socket.on('data', (data) => {
        pending = pending.length === 0 ? data : Buffer.concat([pending, data])
        const length = wholeAnswer(pending)
        if (length === undefined) return
        pending = pending.subarray(length)
        answered += 1
        if (!isOver) socket.write(request)
      })
    })
  )
  const startedAtMs = performance.now()
  for (const socket of sockets) socket.write(request)
  await new Promise((resolve) => setTimeout(resolve, forMs))
  isOver = true
  const seconds = (performance.now() - startedAtMs) / 1000
  const count = answered
  for (const socket of sockets) socket.destroy()
  return count / seconds
}

/** The length of the first answer in bytes; `undefined` while it is incomplete. */
function wholeAnswer(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.subarray(0, end).toString('latin1')
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(head.split('\r\n')[0])
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
  const total = end + 4 + length
  return bytes.length >= total ? total : undefined
}
