// A listener behind the Node guard has done its work when its head is to go out: only then comes what a test put in its way.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type Request as Asked } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { overWire, visit } from '../../support/worlds/one-cookie-browser.ts'

type Listener = (message: IncomingMessage, response: ServerResponse) => unknown

async function arrange(listener: Listener, options: MockAuthServerOptions = {}) {
  const server = createMockAuthServer(options)
  const done: string[] = []
  const guarded = protect(server, (message, response) => {
    done.push(message.url ?? '')
    return listener(message, response)
  })
  const httpServer = createServer(guarded).listen(0, 'localhost')
  await new Promise((resolve) => httpServer.once('listening', resolve))
  onTestFinished(() => {
    httpServer.close()
    httpServer.closeAllConnections()
  })
  const url = `http://localhost:${(httpServer.address() as AddressInfo).port}`
  const { token } = await visit(overWire(server)).login()
  const headers = { authorization: `Bearer ${token}` }
  return { server, done, url, get: () => fetch(url, { headers }), headers }
}

const greet: Listener = (_message, response) => {
  response.setHeader('X-Total', '2')
  response.end('hello')
}

/** Ways to write one answer: head and body at once, apart, in pieces, with and without a length. */
const writers: [string, Listener][] = [
  ['end', greet],
  [
    'writeHead and end',
    (_message, response) => response.writeHead(200, { 'X-Total': '2' }).end('hello')
  ],
  [
    'pieces',
    async (_message, response) => {
      response.setHeader('X-Total', '2')
      response.flushHeaders()
      response.write('hel')
      await new Promise((resolve) => setImmediate(resolve))
      response.write(Buffer.from('l'), () => response.end('o'))
    }
  ]
]

describe('after its commit', () => {
  it.each(writers)('an answer written by %s is held by a gate', async (_name, listener) => {
    const { server, done, get } = await arrange(listener)
    const gate = server.hold('api', { after: 'commit' })
    let isAnswered = false
    const answer = get().then((response) => {
      isAnswered = true
      return response
    })
    await gate.arrived()
    expect(done).toHaveLength(1)
    await server.idle()
    expect(isAnswered).toBe(false)
    gate.release()
    const response = await answer
    expect(response.headers.get('x-total')).toBe('2')
    expect(await response.text()).toBe('hello')
  })

  it.each(writers)('another answer replaces one written by %s', async (_name, listener) => {
    const { server, done, get } = await arrange(listener)
    server.failNext('api', { status: 503, body: 'sorry' }, { after: 'commit' })
    const response = await get()
    expect([response.status, await response.text()]).toEqual([503, 'sorry'])
    expect(response.headers.get('x-total')).toBe(null)
    expect(done).toHaveLength(1)
    await server.idle()
    expect(server.calls.api).toMatchObject([
      { status: 503, outcome: 'accepted', fault: 'answer', reissued: false }
    ])
    expect(await (await get()).text()).toBe('hello')
  })

  it.each(writers)('the connection of one written by %s is lost', async (_name, listener) => {
    const { server, done, get } = await arrange(listener)
    server.failNext('api', 'network', { after: 'commit' })
    await expect(get()).rejects.toThrow()
    expect(done).toHaveLength(1)
  })

  it.each(writers)('half of one written by %s arrives', async (_name, listener) => {
    const { server, get } = await arrange(listener)
    server.failNext('api', 'malformed', { after: 'commit' })
    const response = await get()
    expect(response.headers.get('x-total')).toBe('2')
    expect(await response.text()).toBe('hel')
    server.failNext('api', 'cut', { after: 'commit' })
    await expect((await get()).text()).rejects.toThrow()
  })

  it('an answer that hangs ends with its client', async () => {
    const { server, done, url, headers } = await arrange(greet)
    server.failNext('api', 'hang', { after: 'commit' })
    const abort = new AbortController()
    const hanging = fetch(url, { headers, signal: abort.signal })
    await server.idle()
    await expect.poll(() => done).toHaveLength(1)
    abort.abort()
    await expect(hanging).rejects.toThrow()
    await expect.poll(() => server.calls.api[0]).toMatchObject({ abandoned: true, status: 0 })
  })

  it('a listener in Express, and what it hands on to, is done as well', async () => {
    const server = createMockAuthServer()
    const done: string[] = []
    const app = express()
    app.use(protect<Asked, Answer>(server, (_asked, _answer, _session, next) => next()))
    app.get('/todos', (_asked, answer) => {
      done.push('todos')
      answer.json([1])
    })
    const httpServer = createServer(app).listen(0, 'localhost')
    await new Promise((resolve) => httpServer.once('listening', resolve))
    onTestFinished(() => void httpServer.close())
    const { token } = await visit(overWire(server)).login()
    server.failNext('protected', 500, { after: 'commit' })
    const url = `http://localhost:${(httpServer.address() as AddressInfo).port}/todos`
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect([response.status, done]).toEqual([500, ['todos']])
  })
})

describe('a re-issued token', () => {
  it.each([
    ['it ends', 'endSessions'],
    ['its access tokens are revoked', 'revokeAccessTokens']
  ] as const)('is withheld if, while the listener works, %s', async (_name, lever) => {
    const { server, get } = await arrange(async (_message, response) => {
      server.rotateKey()
      await new Promise((resolve) => setImmediate(resolve))
      server[lever]()
      response.end('hello')
    })
    server.rotateKey()
    const response = await get()
    expect(await response.text()).toBe('hello')
    expect(response.headers.get('authorization')).toBe(null)
    await server.idle()
    expect(server.calls.api[0]).toMatchObject({ outcome: 'accepted', reissued: false })
  })
})

describe('a stream', () => {
  it('goes out piece by piece once its head has gone', async () => {
    let write = (_piece: string) => {}
    const { server, get } = await arrange((_message, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.flushHeaders()
      write = (piece) => response.write(piece)
    })
    server.rotateKey()
    const response = await get()
    expect(response.headers.get('authorization')).toMatch(/^Bearer /)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (const piece of ['data: 1\n\n', 'data: 2\n\n']) {
      write(piece)
      expect((await reader?.read())?.value).toBe(piece)
    }
    await reader?.cancel()
  })

  it('that was replaced may be written on, and nobody hears of it', async () => {
    let later: Promise<unknown> = Promise.resolve()
    const { server, get } = await arrange((_message, response) => {
      response.write('one')
      // When the other answer has gone.
      later = once(response, 'finish').then(() => {
        response.write('two', () => {})
        response.end('three')
      })
    })
    server.failNext('api', 503, { after: 'commit' })
    expect((await get()).status).toBe(503)
    await later
  })
})

it('says of an answer that is held what it would say of one that has gone', async () => {
  const seen: unknown[] = []
  const { get } = await arrange((_message, response) => {
    seen.push(response.headersSent, response.writableEnded)
    response.end('hello')
    seen.push(response.headersSent, response.writableEnded)
    for (const change of [
      () => response.setHeader('X-Late', '1'),
      () => response.appendHeader('X-Late', '1'),
      () => response.removeHeader('X-Late'),
      () => response.writeHead(500)
    ]) {
      try {
        change()
      } catch (error) {
        seen.push((error as NodeJS.ErrnoException).code)
      }
    }
  })
  const response = await get()
  expect([response.status, response.headers.get('x-late')]).toEqual([200, null])
  expect(seen).toEqual([
    ...[false, false, true, true],
    ...Array.from({ length: 4 }, () => 'ERR_HTTP_HEADERS_SENT')
  ])
})

it('ends with a client that leaves while the listener works', async () => {
  let isAsked = () => {}
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const { server, url, headers } = await arrange(() => isAsked())
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\n\r\n`)
  await asked
  socket.destroy()
  await expect.poll(() => server.calls.api[0]).toMatchObject({ abandoned: true, status: 0 })
})

it('leaves the listener’s headers as they were written, cookies and repeated ones among them', async () => {
  const { url, headers } = await arrange((_message, response) => {
    response.setHeader('X-Total', '2')
    response.setHeader('Link', ['<a>; rel=a', '<b>; rel=b'])
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.statusMessage = 'Fine'
    response.end('hello')
  })
  const { hostname, port } = new URL(url)
  const raw = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (data) => {
      text += data
    })
    socket.on('end', () => resolve(text))
    const lines = ['GET / HTTP/1.1', 'Host: x', 'Connection: close']
    socket.write([...lines, `Authorization: ${headers.authorization}`, '', ''].join('\r\n'))
  })
  expect(raw.split('\r\n').filter((line) => !/^(?:Date|Connection):/.test(line))).toEqual([
    'HTTP/1.1 200 Fine',
    'X-Total: 2',
    'Link: <a>; rel=a',
    'Link: <b>; rel=b',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'Vary: Origin',
    'Content-Length: 5',
    '',
    'hello'
  ])
})
