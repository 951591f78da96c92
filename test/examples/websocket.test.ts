// Example of a WebSocket, run against the mock through msw.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { ws } from 'msw'
import { setupServer } from 'msw/node'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openLiveChannel } from '../../examples/websocket/live-channel.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'

const apiUrl = 'https://api.example.com'
const liveUrl = 'wss://api.example.com/live'

interface Connection {
  readonly url: string
  isOpen: boolean
  /** The `sub` of the token in the first message, as verified by the server. */
  sub: unknown
  close(): void
}

function setUp() {
  const server = createMockAuthServer()
  const live = ws.link(liveUrl)
  const connections: Connection[] = []
  const network = setupServer(
    ...createHandlers(server, { baseURL: apiUrl }),
    live.addEventListener('connection', ({ client }) => {
      const connection: Connection = {
        url: client.url.href,
        isOpen: true,
        sub: undefined,
        close: () => client.close()
      }
      connections.push(connection)
      client.addEventListener('close', () => {
        connection.isOpen = false
      })
      client.addEventListener('message', async ({ data }) => {
        const { accessToken } = JSON.parse(String(data))
        const headers: [string, string][] = [['Authorization', `Bearer ${accessToken}`]]
        await server.guard({ method: 'GET', url: apiUrl, headers, body: '' }, ({ claims }) => {
          connection.sub = claims.sub
          return { status: 200, headers: [], setCookies: [], body: '' }
        })
        client.send(JSON.stringify({ hello: connection.sub }))
      })
    })
  )
  network.listen()
  const auth = createAuthClient({ baseURL: apiUrl, platform: { fetch: createCookieFetch() } })
  const messages: unknown[] = []
  const channel = openLiveChannel(auth, liveUrl, (message) => messages.push(message))
  onTestFinished(() => {
    channel.close()
    auth.dispose()
    network.close()
  })
  return { server, auth, channel, connections, messages }
}

it('sends the token in the first message, and opens a new connection when the token changes', async () => {
  const { server, auth, connections, messages } = setUp()
  expect(connections).toHaveLength(0)
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  await auth.refresh()
  await vi.waitFor(() => expect(messages).toHaveLength(2))
  server.rotateKey()
  await auth.axios.get('/me')
  await vi.waitFor(() => expect(messages).toHaveLength(3))
  await vi.waitFor(() =>
    expect(connections.map(({ isOpen }) => isOpen)).toEqual([false, false, true])
  )
  expect(messages).toEqual(Array(3).fill({ hello: 'user-1' }))
  expect(connections.map(({ url }) => url)).toEqual(Array(3).fill(liveUrl))
})

it('closes the connection on sign-out, and opens a new one on the next sign-in', async () => {
  const { auth, connections, messages } = setUp()
  const ada = { email: 'ada@example.com', password: 'lovelace' }
  await auth.login(ada)
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  await auth.logout()
  await vi.waitFor(() => expect(connections[0]?.isOpen).toBe(false))
  await auth.login(ada)
  await vi.waitFor(() => expect(messages).toHaveLength(2))
  expect(connections).toHaveLength(2)
})

it('reconnects when the connection breaks', async () => {
  const { auth, connections, messages } = setUp()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  while (messages.length < 1) await new Promise((resolve) => setImmediate(resolve))
  connections[0]?.close()
  while (messages.length < 2) await vi.advanceTimersByTimeAsync(100)
  expect(connections.map(({ isOpen }) => isOpen)).toEqual([false, true])
})
