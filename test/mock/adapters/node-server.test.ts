// The node door: real sockets, what it owns and what it leaves to others.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { listen, toNodeListener } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { json } from '../../support/worlds/one-cookie-browser.ts'
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

/** Sends these bytes and returns all that comes back. */
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

it('listens on a free port of localhost and says where', async () => {
  const { url, port } = await open()
  expect(url).toBe(`http://localhost:${port}`)
  expect((await fetch(`${url}/me`)).status).toBe(401)
})

it('a port in use is the error of node', async () => {
  const { port } = await open()
  await expect(listen(createMockAuthServer(), { port })).rejects.toMatchObject({
    code: 'EADDRINUSE'
  })
})

it('a body beyond 64 KiB is answered with 413, announced or not', async () => {
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

it('a body in pieces that cut a character is put together again', async () => {
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
    'an absolute target',
    'GET http://localhost/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    401
  ],
  ['no host in HTTP/1.0', 'GET /me HTTP/1.0\r\n\r\n', 401],
  ['a host of no shape', 'GET /me HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ['two slashes', 'GET //me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 404]
])('%s is answered', async (_name, text, status) => {
  const { port } = await open()
  expect(await raw(port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
})

it('a client that hangs up in the middle of its body changes nothing', async () => {
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

it('HEAD and 204 have no body', async () => {
  const { url } = await open()
  const head = await fetch(`${url}/me`, { method: 'HEAD' })
  const logout = await fetch(`${url}/logout`, { method: 'POST', headers: [json] })

  expect([head.status, await head.text()]).toEqual([401, ''])
  expect([logout.status, logout.headers.get('content-length')]).toEqual([204, null])
})

it('what it does not own goes to the next listener, untouched', async () => {
  const server = createMockAuthServer({ basePath: '/auth' })
  const url = await serve(toNodeListener(server, (message, response) => message.pipe(response)))

  expect(await (await fetch(`${url}/echo`, { method: 'POST', body: 'hello' })).text()).toBe('hello')
  expect((await fetch(`${url}/auth/me`)).status).toBe(401)
  expect(server.calls).toHaveLength(1)
})

it('what it does not own is a 404 without a next listener', async () => {
  const { url } = await open()
  expect((await fetch(`${url}/echo`)).status).toBe(404)
})

it('an error within is a 500 without details', async () => {
  const server = createMockAuthServer()
  const broken = { ...server, handle: () => Promise.reject(new Error('canary')) }
  const response = await fetch(`${await serve(toNodeListener(broken))}/me`)

  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('canary')
})

it('an answer that HTTP cannot carry is a 500, and no rejection that nobody handles', async () => {
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

it('a lost answer loses the connection in a pipeline too, once those before it are answered', async () => {
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

it('close waits for an open call, and not for its connection to fall idle', async () => {
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
  // node:http alone would keep the connection for the five seconds of its keep-alive timeout.
  expect(performance.now() - startedAtMs).toBeLessThan(2000)
})

it.each(['arrival', 'commit'] as const)(
  'close cuts off a call that is held after its %s',
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

it('close does not wait for a connection that has never carried a request', async () => {
  const { port, close } = await listen(createMockAuthServer())
  const socket = connect(port, 'localhost')
  await once(socket, 'connect')
  await Promise.all([once(socket, 'close'), close()])

  expect(socket.destroyed).toBe(true)
})

it('close ends idle connections, and may be called twice', async () => {
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
