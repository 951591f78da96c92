// Example of server-sent events, run against the mock on a port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { toNodeListener } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { readEvents, type ServerSentEvent } from '../../examples/server-sent-events/events.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'

interface Opened {
  readonly url: string
  readonly lastEventId: string | undefined
  readonly status: number
}

/** The event endpoint sends one of `streams` per request with a valid token, and then 204. */
async function setUp(streams: readonly (readonly string[])[]) {
  const server = createMockAuthServer()
  const opened: Opened[] = []
  let served = 0
  const http = createServer(
    toNodeListener(server, async ({ url = '', headers }, response) => {
      const request = {
        method: 'GET',
        url: `http://localhost${url}`,
        headers: [['Authorization', headers.authorization ?? '']] as [string, string][],
        body: ''
      }
      const chunks = streams[served]
      const status = chunks === undefined ? 204 : 200
      const wire = { status, headers: [], setCookies: [], body: '' }
      const decision = await server.guard(request, () => wire)
      opened.push({
        url,
        lastEventId: headers['last-event-id'] as string,
        status: decision.status
      })
      response.writeHead(decision.status, [
        ...decision.headers.flat(),
        'Content-Type',
        'text/event-stream'
      ])
      if (decision.status !== 200) return void response.end()
      served += 1
      for (const chunk of chunks ?? []) {
        response.write(chunk)
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
  )
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve))
  const baseURL = `http://localhost:${(http.address() as AddressInfo).port}`
  const auth = createAuthClient({ baseURL, platform: { fetch: createCookieFetch() } })
  onTestFinished(async () => {
    auth.dispose()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  return { auth, server, opened, url: `${baseURL}/events` }
}

it('resumes after the last event with the current token when a stream ends', async () => {
  const { auth, server, opened, url } = await setUp([
    ['retry: 0\n\nid: 1\ndata: one\n\n', 'id: 2\nevent: note\ndata: two\nda', 'ta: lines\n\n'],
    [': a comment\r\n\r', '\nid:3\r\ndata:three\r\n\r\n', 'data: never finished']
  ])
  const events: ServerSentEvent[] = []
  for await (const event of readEvents(auth, url, new AbortController().signal)) {
    events.push(event)
    if (event.lastEventId === '2') server.revokeAccessTokens()
  }
  expect(events).toEqual([
    { type: 'message', data: 'one', lastEventId: '1' },
    { type: 'note', data: 'two\nlines', lastEventId: '2' },
    { type: 'message', data: 'three', lastEventId: '3' }
  ])
  expect(opened).toEqual([
    { url: '/events', lastEventId: undefined, status: 200 },
    { url: '/events', lastEventId: '2', status: 401 },
    { url: '/events', lastEventId: '2', status: 200 },
    { url: '/events', lastEventId: '3', status: 204 }
  ])
  expect(server.calls.filter(({ route }) => route === 'refresh')).toHaveLength(1)
})

it('stops when the reader stops, and rejects with the reason of an abort', async () => {
  const { auth, opened, url } = await setUp([['data: one\n\n'], ['data: two\n\n']])
  const canceller = new AbortController()
  for await (const { data } of readEvents(auth, url, canceller.signal)) {
    expect(data).toBe('one')
    break
  }
  const reading = readEvents(auth, url, canceller.signal)
  expect((await reading.next()).value).toMatchObject({ data: 'two' })
  const reason = new Error('the page was closed')
  canceller.abort(reason)
  await expect(reading.next()).rejects.toBe(reason)
  expect(opened).toHaveLength(2)
})
