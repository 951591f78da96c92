// The server in an app whose other middleware comes first: what that has read, set and laid around the answer.
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createMockAuthServer } from 'everbearer/mock'
import { middleware, protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { json, overWire, visit } from '../../support/worlds/one-cookie-browser.ts'
import { serve } from './listen-on-a-port.ts'

const page = 'http://localhost:3000'
const login = {
  method: 'POST',
  headers: [json, ['origin', page]] as [string, string][],
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}

describe('CORS middleware in front', () => {
  // What `cors()` does by default.
  const everybody: RequestHandler = (_asked, answer, next) => {
    answer.setHeader('Access-Control-Allow-Origin', '*')
    answer.setHeader('Vary', 'Accept-Encoding')
    next()
  }

  it('leaves one allowed origin on the middleware’s answers', async () => {
    const app = express().use(everybody, middleware(createMockAuthServer()))
    const { headers } = await fetch(`${await serve(app)}/login`, login)
    expect(headers.get('access-control-allow-origin')).toBe(page)
    expect(headers.get('vary')).toBe('Accept-Encoding, Origin')
  })

  it('leaves one allowed origin on the guard’s 401', async () => {
    const listener = protect(createMockAuthServer(), (_asked, answer: Answer) => answer.json([]))
    const app = express().use(everybody).get('/todos', listener)
    const response = await fetch(`${await serve(app)}/todos`, { headers: { origin: page } })
    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
  })
})

describe('compressing middleware in front', () => {
  // The way of `compression` and `on-headers`: the decision falls when the head goes out, and `end` sees to it that it
  // goes out before anything is written.
  const compress: RequestHandler = (_asked, answer, next) => {
    let isCompressed = false
    const { writeHead, end } = answer
    Reflect.set(answer, 'writeHead', (...given: [number]) => {
      isCompressed = true
      answer.setHeader('Content-Encoding', 'gzip')
      answer.removeHeader('Content-Length')
      return writeHead.apply(answer, given)
    })
    Reflect.set(answer, 'end', (chunk: string | Buffer) => {
      if (!answer.headersSent) answer.writeHead(answer.statusCode)
      return Reflect.apply(end, answer, [isCompressed ? gzipSync(chunk) : chunk])
    })
    next()
  }
  const words = Array(500).fill('word')

  // Not by `fetch`, which would hide how the answer was encoded.
  const read = async (url: string, token: string) => {
    const asked = httpRequest(url, { headers: { authorization: `Bearer ${token}` } }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const pieces: Buffer[] = await response.toArray()
    const whole = Buffer.concat(pieces)
    const isZipped = response.headers['content-encoding'] === 'gzip'
    return [isZipped, String(isZipped ? gunzipSync(whole) : whole)]
  }

  it('compresses a protected answer, as it does without the guard', async () => {
    const server = createMockAuthServer()
    const { token } = await visit(overWire(server)).login()
    const app = express().use(compress)
    app.get('/plain', (_asked, answer) => void answer.json(words))
    app.get(
      '/todos',
      protect(server, (_asked, answer: Answer) => answer.json(words))
    )
    const url = await serve(app)
    expect(await read(`${url}/plain`, token)).toEqual([true, JSON.stringify(words)])
    expect(await read(`${url}/todos`, token)).toEqual([true, JSON.stringify(words)])
  })

  it('compresses what is sent in place of a protected answer', async () => {
    const server = createMockAuthServer()
    const { token } = await visit(overWire(server)).login()
    const app = express().use(compress)
    app.get(
      '/todos',
      protect(server, (_asked, answer: Answer) => answer.json(words))
    )
    server.failNext('api', { status: 503, body: words }, { after: 'commit' })
    expect(await read(`${await serve(app)}/todos`, token)).toEqual([true, JSON.stringify(words)])
  })
})

describe('a body parser in front', () => {
  const refresh = async (parser: RequestHandler) => {
    const server = createMockAuthServer({ refreshWith: 'refresh-token' })
    const { refreshToken } = await server.signIn()
    const url = await serve(express().use(parser, middleware(server)))
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
    return fetch(`${url}/refresh`, { method: 'POST', body })
  }

  it('may have read the form of a refresh', async () => {
    expect((await refresh(express.urlencoded({ extended: false }))).status).toBe(200)
  })

  it('may have left an empty body where it read none, as those of Express 4 do', async () => {
    const parser: RequestHandler = (asked, _answer, next) => {
      asked.body = {}
      next()
    }
    expect((await refresh(parser)).status).toBe(200)
  })
})
