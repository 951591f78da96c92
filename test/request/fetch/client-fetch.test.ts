// The client's fetch over real HTTP: like fetch, but with the token.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { toNodeListener } from 'everbearer/mock/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCookieFetch } from '../../support/cookie-fetch.ts'
import {
  type Respond,
  refuseFirstToken,
  startRecordingServer
} from '../../support/setups/recording-server.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }

/** A client with opaque tokens, and a server that answers with `respond`. */
async function setUp(respond: Respond = refuseFirstToken) {
  const server = await startRecordingServer(respond)
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({ baseURL: server.url, contract: { refresh: issue } })
  onTestFinished(auth.dispose)
  await auth.login(issue)
  return { auth, ...server, refreshes: () => issued - 1 }
}

/** A client with the mock server, and the API `api` beside the mock. */
async function setUpWithMock(api: Parameters<typeof toNodeListener>[1]) {
  const server = createMockAuthServer()
  const http = createServer(toNodeListener(server, api))
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve))
  const url = `http://localhost:${(http.address() as AddressInfo).port}`
  const auth = createAuthClient({ baseURL: url, platform: { fetch: createCookieFetch() } })
  onTestFinished(async () => {
    auth.dispose()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  await auth.login(ada)
  return { auth, server, url }
}

const hang: Respond = () => {}

describe('a request of auth.fetch', () => {
  it('carries the token, and is replayed once when the server refuses it', async () => {
    const { auth, url, requests, headerOf, refreshes } = await setUp()
    const response = await auth.fetch(`${url}/items`)
    expect(await response.json()).toEqual({ isFirst: false })
    expect(requests.map((request) => headerOf(request, 'authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2'
    ])
    await auth.fetch(new URL(`${url}/items`))
    expect(requests).toHaveLength(3)
    expect(refreshes()).toBe(1)
  })

  it('is not replayed a second time', async () => {
    const { auth, url, requests } = await setUp((_, response) => response.writeHead(401).end())
    expect((await auth.fetch(url)).status).toBe(401)
    expect(requests).toHaveLength(2)
  })

  it('shares one refresh with a thousand concurrent requests', async () => {
    const { auth, url, refreshes } = await setUp()
    const answers = await Promise.all(Array.from({ length: 1000 }, () => auth.fetch(url)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(refreshes()).toBe(1)
  })

  it('goes without the token to an origin that is not trusted', async () => {
    const elsewhere = await startRecordingServer((_, response) => response.end())
    const { auth } = await setUp()
    await auth.fetch(elsewhere.url)
    expect(elsewhere.headerOf(elsewhere.requests[0], 'authorization')).toBe(undefined)
  })

  it('keeps the caller’s own Authorization, and does not refresh on its refusal', async () => {
    const { auth, url, requests, headerOf, refreshes } = await setUp((_, response) =>
      response.writeHead(401).end()
    )
    await auth.fetch(url, { headers: { authorization: 'Basic eDp5' } })
    await auth.fetch(new Request(url, { headers: { authorization: 'Basic eDp5' } }))
    expect(requests.map((request) => headerOf(request, 'authorization'))).toEqual([
      'Basic eDp5',
      'Basic eDp5'
    ])
    expect(refreshes()).toBe(0)
  })

  it('works with a destructured method until the client is disposed', async () => {
    const { auth, url } = await setUp()
    const { fetch } = auth
    expect((await fetch(url)).status).toBe(200)
    auth.dispose()
    await expect(fetch(url)).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  })

  it.each([
    ['an invalid URL', 'http://[', undefined],
    ['a URL with a user name', 'http://a:b@localhost', undefined],
    ['a GET with a body', 'http://localhost', { body: 'x' }],
    ['a stream without duplex', 'http://localhost', { method: 'POST', body: new ReadableStream() }]
  ])('fails with the same error as fetch: %s', async (_, input, init) => {
    const { auth } = await setUp()
    const expected = await fetch(input, init).catch((error) => error)
    const error = await auth.fetch(input, init).catch((reason) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(expected.message)
  })

  it('fails with the same error as fetch when the connection breaks', async () => {
    const { auth } = await setUp((_, response) => response.destroy())
    const url = auth.axios.defaults.baseURL ?? ''
    const expected = await fetch(url).catch((error) => error)
    const error = await auth.fetch(url).catch((reason) => reason)
    expect([error.name, error.message]).toEqual([expected.name, expected.message])
    expect(inspect(error, { depth: Infinity })).not.toContain('token-1')
  })
})

describe('a Request object of the app', () => {
  const make = (url: string) =>
    new Request(url, { method: 'PUT', body: 'text', headers: { 'X-Own': '1' } })

  it('is consumed as fetch does, and never holds the token', async () => {
    const { auth, url, requests } = await setUp()
    const request = make(url)
    await auth.fetch(request)
    expect(request.bodyUsed).toBe(true)
    expect(request.headers.has('Authorization')).toBe(false)
    await expect(auth.fetch(request)).rejects.toThrow(TypeError)
    expect(requests.map(({ body }) => body.toString())).toEqual(['text', 'text'])
  })

  it.each([
    ['alone', (url: string) => [make(url)]],
    ['as the init of a URL', (url: string) => [url, make('http://localhost/other')]],
    [
      'with an init',
      (url: string) => [make(url), { method: 'PATCH', headers: { 'X-Own': '2' }, body: 'more' }]
    ]
  ] as const)('is sent and replayed as fetch sends it: %s', async (_, toArguments) => {
    const { auth, url, requests } = await setUp()
    const [input, init] = toArguments(url) as [Request, RequestInit?]
    await auth.fetch(input, init)
    const [ownInput, ownInit] = toArguments(url) as [Request, RequestInit?]
    await fetch(ownInput, ownInit)
    const [first, second, plain] = requests.map(({ method, headers, body }) => ({
      method,
      headers: headers.filter(([name]) => name.toLowerCase() !== 'authorization'),
      body: body.toString()
    }))
    expect(first).toEqual(plain)
    expect(second).toEqual(plain)
  })
})

describe('a stream as the body', () => {
  const streamOf = (text: string) => new Blob([text]).stream()

  it('rejects with ERR_AUTH_BODY_SPENT after a refusal, once the token is refreshed', async () => {
    const { auth, url, requests, refreshes } = await setUp()
    const sending = auth.fetch(url, {
      method: 'POST',
      body: streamOf('once'),
      duplex: 'half'
    } as RequestInit)
    await expect(sending).rejects.toMatchObject({ code: 'ERR_AUTH_BODY_SPENT', status: 401 })
    expect(requests.map(({ body }) => body.toString())).toEqual(['once'])
    expect(refreshes()).toBe(1)
  })

  it('is replayed if it came in a Request', async () => {
    const { auth, url, requests } = await setUp()
    const init = { method: 'POST', body: streamOf('kept'), duplex: 'half' } as RequestInit
    expect((await auth.fetch(new Request(url, init))).status).toBe(200)
    expect(requests.map(({ body }) => body.toString())).toEqual(['kept', 'kept'])
  })
})

describe('a signal of auth.fetch', () => {
  const reason = { the: 'caller’s own' }

  it('prevents the request if it is already aborted', async () => {
    const { auth, url, requests } = await setUp()
    await expect(auth.fetch(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(requests).toHaveLength(0)
  })

  it.each([
    ['in the init', (url: string, signal: AbortSignal) => [url, { signal }]],
    ['in a Request', (url: string, signal: AbortSignal) => [new Request(url, { signal })]]
  ] as const)('releases a caller that waits for a refresh, %s', async (_, toArguments) => {
    const server = await startRecordingServer((_request, response) => response.end())
    let issue = () => {}
    const auth = createAuthClient({
      baseURL: server.url,
      restore: 'always',
      contract: {
        refresh: () =>
          new Promise((resolve) => {
            issue = () => resolve({ access_token: 'token' })
          })
      }
    })
    onTestFinished(auth.dispose)
    const canceller = new AbortController()
    const late = toArguments(server.url, AbortSignal.abort(reason)) as [string]
    await expect(auth.fetch(...late)).rejects.toBe(reason)
    const hasty = auth.fetch(...(toArguments(server.url, canceller.signal) as [string]))
    const patient = auth.fetch(server.url)
    canceller.abort(reason)
    await expect(hasty).rejects.toBe(reason)
    issue()
    expect((await patient).status).toBe(200)
    expect(server.requests).toHaveLength(1)
  })

  it('aborts the request in flight', async () => {
    const canceller = new AbortController()
    const { auth, url } = await setUp(() => canceller.abort(reason))
    await expect(auth.fetch(url, { signal: canceller.signal })).rejects.toBe(reason)
  })

  it('aborts the replay in flight', async () => {
    const canceller = new AbortController()
    const { auth, url } = await setUp((_, response, nth) => {
      if (nth === 1) response.writeHead(401).end()
      else canceller.abort(reason)
    })
    await expect(auth.fetch(url, { signal: canceller.signal })).rejects.toBe(reason)
  })

  it('rejects with TimeoutError if it is a timeout', async () => {
    const { auth, url } = await setUp(hang)
    await expect(auth.fetch(url, { signal: AbortSignal.timeout(1) })).rejects.toMatchObject({
      name: 'TimeoutError'
    })
  })

  it('aborts the reading of a streaming response', async () => {
    const { auth, url } = await setUp((_, response) => response.writeHead(200).write('a'))
    const canceller = new AbortController()
    const { body } = await auth.fetch(url, { signal: canceller.signal })
    const reader = body?.getReader()
    expect((await reader?.read())?.value).toEqual(new Uint8Array([97]))
    canceller.abort(reason)
    await expect(reader?.read()).rejects.toBe(reason)
  })
})

describe('a re-issued token in a response to auth.fetch', () => {
  it('is adopted and removed from the response', async () => {
    const { auth, server, url } = await setUpWithMock(undefined)
    const { kid } = server.rotateKey()
    const response = await auth.fetch(`${url}/me`)
    const token = await auth.getAccessToken()
    const again = await auth.fetch(`${url}/me`)
    const calls = server.calls.filter(({ route }) => route === 'me')
    expect(calls.map((call) => call.kid === kid)).toEqual([false, true])
    for (const each of [response, response.clone(), response.clone().clone()]) {
      expect(each.headers.get('Authorization')).toBe(null)
      expect(inspect(each, { depth: Infinity, showHidden: true })).not.toContain(token)
      expect(JSON.stringify([...each.headers])).not.toContain(token)
      expect([each.status, each.statusText, each.ok]).toEqual([200, again.statusText, true])
      expect([each.url, each.redirected, each.type]).toEqual([`${url}/me`, false, again.type])
      expect(each.headers.get('Content-Type')).toBe(again.headers.get('Content-Type'))
    }
    expect(response.bodyUsed).toBe(false)
    expect(await response.json()).toEqual(await again.json())
    expect(response.bodyUsed).toBe(true)
  })

  it('is adopted while the response is still streaming', async () => {
    let finish = () => {}
    const { auth, server, url } = await setUpWithMock((message, response) => {
      const headers: [string, string][] = [['authorization', message.headers.authorization ?? '']]
      void server
        .guard({ method: 'GET', url: `${url}/stream`, headers, body: '' }, () => ({
          status: 200,
          headers: [],
          setCookies: [],
          body: ''
        }))
        .then((decision) => {
          response.writeHead(decision.status, Object.fromEntries(decision.headers))
          response.write('a')
          finish = () => response.end('b')
        })
    })
    server.rotateKey()
    const before = await auth.getAccessToken()
    const response = await auth.fetch(`${url}/stream`)
    expect(await auth.getAccessToken()).not.toBe(before)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader?.read()).toEqual({ done: false, value: 'a' })
    finish()
    expect(await reader?.read()).toEqual({ done: false, value: 'b' })
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
  })

  it('leaves the body readable after the original response is garbage-collected', async () => {
    const { auth, server, url } = await setUpWithMock(undefined)
    server.rotateKey()
    const response = await auth.fetch(`${url}/me`)
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    for (let turn = 0; turn < 5; turn += 1) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await response.json()).toMatchObject({ email: ada.email })
  })

  it.each([
    ['a redirect to another origin', 'follow'],
    ['a redirect that is not followed', 'manual']
  ] as const)('is not adopted from %s', async (_, redirect) => {
    const evil = await startRecordingServer((_request, response) =>
      response.writeHead(200, { Authorization: 'Bearer evil' }).end()
    )
    const { auth, url } = await setUp((_request, response) =>
      response.writeHead(302, { Location: evil.url, Authorization: 'Bearer' }).end()
    )
    const refusals: unknown[] = []
    auth.on('reissue-refused', ({ refusal }) => refusals.push(refusal))
    const response = await auth.fetch(url, { redirect })
    expect(await auth.getAccessToken()).toBe('token-1')
    expect(refusals).toEqual([redirect === 'follow' ? 'untrusted-origin' : 'malformed'])
    expect(response.headers.get('Authorization')).toBe(null)
    expect(evil.requests.map((request) => evil.headerOf(request, 'authorization'))).toEqual(
      redirect === 'follow' ? [undefined] : []
    )
  })
})
