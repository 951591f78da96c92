// Buffered Node response: faults, gates and re-issue apply when a guarded listener sends its head.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type Request as Asked } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'

type Listener = (message: IncomingMessage, response: ServerResponse) => unknown

async function setUp(listener: Listener, options: MockAuthServerOptions = {}) {
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
  const { token } = await openBrowser(overWire(server)).login()
  const headers = { authorization: `Bearer ${token}` }
  return { server, done, url, get: () => fetch(url, { headers }), headers }
}

const greet: Listener = (_message, response) => {
  response.setHeader('X-Total', '2')
  response.end('hello')
}

/**
 * Ways to write the same response: at once, head first, or in chunks; with and without a length.
 */
const writers: [string, Listener][] = [
  ['end()', greet],
  [
    'writeHead() and end()',
    (_message, response) => response.writeHead(200, { 'X-Total': '2' }).end('hello')
  ],
  [
    'several chunks',
    async (_message, response) => {
      response.setHeader('X-Total', '2')
      response.flushHeaders()
      response.write('hel')
      await new Promise((resolve) => setImmediate(resolve))
      response.write(Buffer.from('l'), () => response.end('o'))
    }
  ]
]

describe('after the commit', () => {
  it.each(writers)(
    'a gate holds a response that the listener wrote with %s',
    async (_name, listener) => {
      const { server, done, get } = await setUp(listener)
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
    }
  )

  it.each(writers)(
    'an injected response replaces one that the listener wrote with %s',
    async (_name, listener) => {
      const { server, done, get } = await setUp(listener)
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
    }
  )

  it.each(writers)(
    'a network fault ends the connection of a response written with %s',
    async (_name, listener) => {
      const { server, done, get } = await setUp(listener)
      server.failNext('api', 'network', { after: 'commit' })
      await expect(get()).rejects.toThrow()
      expect(done).toHaveLength(1)
    }
  )

  it.each(writers)(
    'malformed and cut send half of a response written with %s',
    async (_name, listener) => {
      const { server, get } = await setUp(listener)
      server.failNext('api', 'malformed', { after: 'commit' })
      const response = await get()
      expect(response.headers.get('x-total')).toBe('2')
      expect(await response.text()).toBe('hel')
      server.failNext('api', 'cut', { after: 'commit' })
      await expect((await get()).text()).rejects.toThrow()
    }
  )

  it('a response that hangs is logged as abandoned when the client disconnects', async () => {
    const { server, done, url, headers } = await setUp(greet)
    server.failNext('api', 'hang', { after: 'commit' })
    const abort = new AbortController()
    const hanging = fetch(url, { headers, signal: abort.signal })
    await server.idle()
    await expect.poll(() => done).toHaveLength(1)
    abort.abort()
    await expect(hanging).rejects.toThrow()
    await expect.poll(() => server.calls.api[0]).toMatchObject({ abandoned: true, status: 0 })
  })

  it('a fault replaces the response of an Express handler that next() reached', async () => {
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
    const { token } = await openBrowser(overWire(server)).login()
    server.failNext('protected', 500, { after: 'commit' })
    const url = `http://localhost:${(httpServer.address() as AddressInfo).port}/todos`
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect([response.status, done]).toEqual([500, ['todos']])
  })
})

describe('a re-issue during a listener', () => {
  it.each([
    ['the session ends', 'endSessions'],
    ['the access tokens are revoked', 'revokeAccessTokens']
  ] as const)('sends no re-issued token if %s while the listener runs', async (_name, control) => {
    const { server, get } = await setUp(async (_message, response) => {
      server.rotateKey()
      await new Promise((resolve) => setImmediate(resolve))
      server[control]()
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

describe('a listener that streams its response', () => {
  it('chunks arrive as they are written once the head has been sent', async () => {
    let write = (_piece: string) => {}
    const { server, get } = await setUp((_message, response) => {
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

  it('later writes to a replaced response are dropped without an error', async () => {
    let later: Promise<unknown> = Promise.resolve()
    const { server, get } = await setUp((_message, response) => {
      response.write('one')
      // After the injected response has been sent.
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

it('headersSent, writableEnded and late header changes behave as if the response had been sent', async () => {
  const seen: unknown[] = []
  const { get } = await setUp((_message, response) => {
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

it('logs a call as abandoned if the client disconnects while the listener runs', async () => {
  let isAsked = () => {}
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const { server, url, headers } = await setUp(() => isAsked())
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\n\r\n`)
  await asked
  socket.destroy()
  await expect.poll(() => server.calls.api[0]).toMatchObject({ abandoned: true, status: 0 })
})

it('sends the headers, repeated headers and cookies of the listener unchanged', async () => {
  const { url, headers } = await setUp((_message, response) => {
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
