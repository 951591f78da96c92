// Contract, Express on a port: the client runs in Node and has a cookie jar.
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { middleware, protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type Request as Asked } from 'express'
import { afterAll, beforeAll } from 'vitest'
import { createCookieFetch } from '../support/cookie-fetch.ts'
import type { Send, Setup } from './setup/contract-setup.ts'
import { createPair, todoHeaders } from './setup/in-process-servers.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const foreign = express()
foreign.use((_asked, answer) => void answer.end())

const cookieFetch = createCookieFetch()
const send: Send = async ({ method, url, headers = {}, body, signal }) => {
  const init = {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal })
  }
  const response = await cookieFetch(url, init)
  const text = await response.text()
  return { status: response.status, text, header: (name) => response.headers.get(name) }
}

const servers: Server[] = []
async function serve(listener: RequestListener): Promise<string> {
  const one = createServer(listener)
  servers.push(one)
  await new Promise<void>((resolve) => one.listen(0, 'localhost', resolve))
  return `http://localhost:${(one.address() as AddressInfo).port}`
}

inEachDialect(['express-node'], (dialect) => {
  const { server, strict } = createPair(dialect)
  const app = express()
  app.use(middleware(server))
  app.get(
    dialect.todos,
    protect<Asked, Answer>(server, (_asked, answer, { claims: { sub } }) =>
      answer.set(todoHeaders).json([sub])
    )
  )

  let setup: Omit<Setup, 'dialect'>
  beforeAll(async () => {
    const home = await serve(app)
    setup = {
      send,
      mock: controlDirectly(server),
      home,
      crossOrigin: home,
      strict: await serve(express().use(middleware(strict))),
      foreign: await serve(foreign)
    }
  })

  testAdapter('express-node', dialect, () => setup)
})

afterAll(() => {
  for (const one of servers) {
    one.close()
    one.closeAllConnections()
  }
})
