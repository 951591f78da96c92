// Other middleware: the mock in an app with CORS, compression or a body parser in front of it.

import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createMockAuthServer } from 'everbearer/mock'
import { middleware, protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { contractFor } from '../../support/setups/contracts.ts'
import { json, openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'
import { serve } from './listen-on-a-port.ts'

const page = 'http://localhost:3000'
const login = {
  method: 'POST',
  headers: [json, ['origin', page]] as [string, string][],
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}

describe('behind CORS middleware', () => {
  // The default behaviour of `cors()`.
  const allowAll: RequestHandler = (_asked, answer, next) => {
    answer.setHeader('Access-Control-Allow-Origin', '*')
    answer.setHeader('Vary', 'Accept-Encoding')
    next()
  }

  it('a mock response has exactly one allowed origin', async () => {
    const app = express().use(allowAll, middleware(createMockAuthServer()))
    const { headers } = await fetch(`${await serve(app)}/login`, login)
    expect(headers.get('access-control-allow-origin')).toBe(page)
    expect(headers.get('vary')).toBe('Accept-Encoding, Origin')
  })

  it('a 401 of the guard has exactly one allowed origin', async () => {
    const listener = protect(createMockAuthServer(), (_asked, answer: Answer) => answer.json([]))
    const app = express().use(allowAll).get('/todos', listener)
    const response = await fetch(`${await serve(app)}/todos`, { headers: { origin: page } })
    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
  })
})

describe('behind compression middleware', () => {
  // Like `compression` and `on-headers`: decides when the head is sent, and `end` sends the head
  // before it writes anything.
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

  // Uses `node:http`, because `fetch` hides the content encoding.
  const read = async (url: string, token: string) => {
    const asked = httpRequest(url, { headers: { authorization: `Bearer ${token}` } }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const pieces: Buffer[] = await response.toArray()
    const whole = Buffer.concat(pieces)
    const isZipped = response.headers['content-encoding'] === 'gzip'
    return [isZipped, String(isZipped ? gunzipSync(whole) : whole)]
  }

  it('a protected response is compressed like an unprotected one', async () => {
    const server = createMockAuthServer()
    const { token } = await openBrowser(overWire(server)).login()
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

  it('an injected response that replaces a protected one is compressed', async () => {
    const server = createMockAuthServer()
    const { token } = await openBrowser(overWire(server)).login()
    const app = express().use(compress)
    app.get(
      '/todos',
      protect(server, (_asked, answer: Answer) => answer.json(words))
    )
    server.failNext('api', { status: 503, body: words }, { after: 'commit' })
    expect(await read(`${await serve(app)}/todos`, token)).toEqual([true, JSON.stringify(words)])
  })
})

describe('behind a body parser', () => {
  const refresh = async (parser: RequestHandler) => {
    const server = createMockAuthServer({ contract: contractFor['refresh-token'] })
    const { refreshToken } = await server.signIn()
    const url = await serve(express().use(parser, middleware(server)))
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
    return fetch(`${url}/refresh`, { method: 'POST', body })
  }

  it('a refresh works if the parser has already read the form', async () => {
    expect((await refresh(express.urlencoded({ extended: false }))).status).toBe(200)
  })

  it('a refresh works if the parser set an empty body without reading, as in Express 4', async () => {
    const parser: RequestHandler = (asked, _answer, next) => {
      asked.body = {}
      next()
    }
    expect((await refresh(parser)).status).toBe(200)
  })
})
