// WebSocket that stays signed in: the token goes into the first message, and each new token opens a
// new connection.
import type { AuthClient } from 'everbearer'

export interface LiveChannel {
  close(): void
}

/** The delay before a new connection after an unexpected end. */
const reconnectMs = 1_000

export function openLiveChannel(
  auth: AuthClient,
  url: string,
  onMessage: (message: unknown) => void
): LiveChannel {
  let current: WebSocket | undefined
  let retry: ReturnType<typeof setTimeout> | undefined

  function connect(): void {
    const previous = current
    const socket = new WebSocket(url)
    current = socket
    clearTimeout(retry)
    socket.addEventListener('open', async () => {
      try {
        // Requested here, so that a token that is about to expire is refreshed first.
        const accessToken = await auth.getAccessToken()
        socket.send(JSON.stringify({ type: 'authenticate', accessToken }))
        previous?.close()
      } catch {
        socket.close()
      }
    })
    socket.addEventListener('message', ({ data }) => onMessage(JSON.parse(data)))
    socket.addEventListener('close', () => {
      if (socket === current) retry = setTimeout(connect, reconnectMs)
    })
  }

  function disconnect(): void {
    clearTimeout(retry)
    const last = current
    current = undefined
    last?.close()
  }

  const removers = [
    auth.on('signed-in', connect),
    auth.on('refreshed', connect),
    auth.on('reissued', connect),
    auth.on('signed-out', disconnect)
  ]
  if (auth.getState().status === 'authenticated') connect()

  return {
    close() {
      for (const remove of removers) remove()
      disconnect()
    }
  }
}
