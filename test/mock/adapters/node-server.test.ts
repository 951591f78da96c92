// Node server: real sockets, unusual requests, other listeners and closing.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { listen, toNodeListener } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { json } from '../../support/setups/one-cookie-browser.ts'
import { serve } from './listen-on-a-port.ts'

const login = {
  method: 'POST',
  headers: [json],
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}

async function open(server: MockAuthServer = createMockAuthServer()) {
  const listening = await listen(server)
  onTestFinished(() => listening.close())
  return { server, ...listening }
}

/** Sends raw text and returns everything received. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, 'localhost', () => socket.write(text))
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('end', () => resolve(received))
    socket.on('error', reject)
  })
}

it('listens on a free port of localhost and returns its URL', async () => {
  const { url, port } = await open()
  expect(url).toBe(`http://localhost:${port}`)
  expect((await fetch(`${url}/me`)).status).toBe(401)
})

it('listen() rejects with EADDRINUSE if the port is in use', async () => {
  const { port } = await open()
  await expect(listen(createMockAuthServer(), { port })).rejects.toMatchObject({
    code: 'EADDRINUSE'
  })
})

it('answers 413 to a body of more than 64 KiB, with or without Content-Length', async () => {
  const { url, port, server } = await open()
  const body = ' '.repeat(65_537)
  expect((await fetch(`${url}/login`, { ...login, body })).status).toBe(413)

  const chunked =
    'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`
  expect(await raw(port, `${chunked}${chunk}${chunk}`)).toMatch(
    /^HTTP\/1\.1 413 [\s\S]*Connection: close/i
  )
  expect(server.calls.map((call) => call.outcome)).toEqual(['too_large', 'too_large'])
})

it('reads a body with a multi-byte character that is split between two chunks', async () => {
  const server = createMockAuthServer({ users: [{ email: 'é@example.com', password: 'p' }] })
  const { port } = await open(server)
  const body = Buffer.from(JSON.stringify({ email: 'é@example.com', password: 'p' }))
  const status = await new Promise((resolve) => {
    const request = httpRequest({
      port,
      host: 'localhost',
      path: '/login',
      method: 'POST',
      headers: Object.fromEntries([json])
    })
    request.on('response', (response) => resolve(response.resume().statusCode))
    const cut = body.indexOf(0xc3) + 1
    request.write(body.subarray(0, cut), () => setImmediate(() => request.end(body.subarray(cut))))
  })
  expect(status).toBe(200)
})

it.each([
  [
    'with an absolute target',
    'GET http://localhost/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    401
  ],
  ['of HTTP/1.0 without a host', 'GET /me HTTP/1.0\r\n\r\n', 401],
  ['with an invalid host', 'GET /me HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
  ['with the target *', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  [
    'with a path that begins with //',
    'GET //me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    404
  ]
])('answers a request %s', async (_name, text, status) => {
  const { port } = await open()
  expect(await raw(port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
})

it('logs bad_request if the client disconnects before the end of its body', async () => {
  const { port, server, url } = await open()
  const ended = new Promise((resolve) => server.onCall(resolve))
  const socket = connect(port, 'localhost')
  socket.write(
    'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'
  )
  while (server.calls.length === 0) await new Promise(setImmediate)
  socket.destroy()
  await ended

  expect(server.calls[0]).toMatchObject({ outcome: 'bad_request', status: 400 })
  expect((await fetch(`${url}/login`, login)).status).toBe(200)
})

it('sends no body with HEAD and 204', async () => {
  const { url } = await open()
  const head = await fetch(`${url}/me`, { method: 'HEAD' })
  const logout = await fetch(`${url}/logout`, { method: 'POST', headers: [json] })

  expect([head.status, await head.text()]).toEqual([401, ''])
  expect([logout.status, logout.headers.get('content-length')]).toEqual([204, null])
})

it('passes other requests to the next listener with their bodies unread', async () => {
  const server = createMockAuthServer({ basePath: '/auth' })
  const url = await serve(toNodeListener(server, (message, response) => message.pipe(response)))

  expect(await (await fetch(`${url}/echo`, { method: 'POST', body: 'hello' })).text()).toBe('hello')
  expect((await fetch(`${url}/auth/me`)).status).toBe(401)
  expect(server.calls).toHaveLength(1)
})

it('answers 404 to other requests if there is no next listener', async () => {
  const { url } = await open()
  expect((await fetch(`${url}/echo`)).status).toBe(404)
})

it('answers 500 without details if the server throws', async () => {
  const server = createMockAuthServer()
  const broken = { ...server, handle: () => Promise.reject(new Error('canary')) }
  const response = await fetch(`${await serve(toNodeListener(broken))}/me`)

  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('canary')
})

it('answers 500 if the response has headers that Node cannot send', async () => {
  const server = createMockAuthServer()
  const handle = async () => ({
    status: 200,
    headers: [['X-Reason', 'zażółć'] as [string, string]],
    setCookies: [],
    body: ''
  })
  const url = await serve(toNodeListener({ ...server, handle }))
  expect((await fetch(`${url}/me`)).status).toBe(500)
})

it('a network fault on a pipelined request ends the connection after the earlier responses', async () => {
  const server = createMockAuthServer()
  const { port, close } = await listen(server)
  onTestFinished(close)
  const gate = server.hold('me')
  server.failNext('jwks', 'network')
  const socket = connect(port, 'localhost')
  onTestFinished(() => void socket.destroy())
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const closed = once(socket, 'close')
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  socket.write(ask('/me') + ask('/.well-known/jwks.json'))
  await gate.arrived()
  await server.idle()
  gate.release()
  await closed
  expect(received).toMatch(/^HTTP\/1\.1 401 /)
})

it('close() waits for an open call but not for the keep-alive timeout', async () => {
  const server = createMockAuthServer()
  const { port, close } = await listen(server)
  const socket = connect(port, 'localhost')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write(
    'POST /logout HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{'
  )
  while (server.calls.length === 0) await new Promise(setImmediate)
  const startedAtMs = performance.now()
  const hungUp = once(socket, 'close')
  const closed = close()
  socket.write('}')
  await Promise.all([closed, hungUp])

  expect(received).toMatch(/^HTTP\/1\.1 204 /)
  // Without this, node:http keeps the connection for its keep-alive timeout of five seconds.
  expect(performance.now() - startedAtMs).toBeLessThan(2000)
})

it.each(['arrival', 'commit'] as const)(
  'close() ends a call that a gate holds after its %s',
  async (after) => {
    const server = createMockAuthServer()
    const { url, close } = await listen(server)
    const gate = server.hold('me', { after })
    const held = fetch(`${url}/me`)
    const cutOff = expect(held).rejects.toThrow()
    await gate.arrived()
    await close()
    await cutOff
  }
)

it('close() does not wait for a connection without any request', async () => {
  const { port, close } = await listen(createMockAuthServer())
  const socket = connect(port, 'localhost')
  await once(socket, 'connect')
  await Promise.all([once(socket, 'close'), close()])

  expect(socket.destroyed).toBe(true)
})

it('close() ends idle connections and can be called twice', async () => {
  const server = createMockAuthServer()
  const { url, port, close } = await listen(server)
  await fetch(`${url}/me`)
  const answered = raw(
    port,
    'POST /logout HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
  )
  while (server.calls.length < 2) await new Promise(setImmediate)
  await Promise.all([close(), close()])

  expect(await answered).toMatch(/^HTTP\/1\.1 204 /)
  await expect(fetch(`${url}/me`)).rejects.toThrow()
})
