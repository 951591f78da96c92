// Watcher of the refusals of one client (I2): which of them cause a refresh, and which tokens are
// sent again.
import type { AuthEvents } from 'everbearer'

export interface RefusalWatcher {
  /** The client sends a request of the app. */
  onSend(pathname: string, token: string): void
  /** A 401 to a request of the app has reached the client. `isGenuine`: from the server itself. */
  onRefused(pathname: string, token: string, isGenuine: boolean): void
  /** An answer other than a 401 may be late, and then it hides the refusal from the client. */
  onAccepted(pathname: string, token: string): void
  /** The app gets a 401: no refresh is allowed for the endpoint. */
  onPassedOn(pathname: string): void
  /** The client has the answer of a refresh, or does not wait for it any more. */
  onRefreshAnswered(): void
  onEvent(name: keyof AuthEvents, event: object): void
}

interface RefusalWatcherDeps {
  nowMs(): number
  isRefreshing(): boolean
  violate(what: string): void
}

/** The client's default. A caller waits for so long, and may then use the held token. */
const refreshTimeoutMs = 10_000

export function watchRefusals({
  nowMs,
  isRefreshing,
  violate
}: RefusalWatcherDeps): RefusalWatcher {
  /** The tokens that each endpoint has refused, with the time. */
  const refusedBy = new Map<string, Map<string, number>>()
  /** The tokens that were sent since the last change, with the time. */
  const sent = new Map<string, number>()
  /** Tokens that the client held before the current one. */
  const replaced = new Set<string>()
  let refused: { readonly token: string; readonly atMs: number } | undefined
  let isBeingRefreshed = false

  function replace(mayBeLate: boolean): void {
    for (const [token, atMs] of sent) {
      // The client may send the new token in the moment of its event.
      if (atMs === nowMs()) continue
      replaced.add(token)
      sent.delete(token)
    }
    isBeingRefreshed = false
    if (!mayBeLate) refused = undefined
  }

  return {
    onSend(pathname, token) {
      sent.set(token, nowMs())
      // A request of the same moment may leave before the client has read the refusal.
      const atMs = refusedBy.get(pathname)?.get(token) ?? Infinity
      if (atMs < nowMs()) violate(`${pathname} got a token that it had refused`)
      const isWaiting = refused !== undefined && nowMs() - refused.atMs < refreshTimeoutMs
      if (isBeingRefreshed && isWaiting && token === refused?.token)
        violate('a token was sent while its refusal caused a refresh')
    },
    onRefused(pathname, token, isGenuine) {
      const tokens = refusedBy.get(pathname) ?? new Map<string, number>()
      if (isGenuine) refusedBy.set(pathname, tokens.set(token, nowMs()))
      if (!replaced.has(token)) refused ??= { token, atMs: nowMs() }
    },
    onAccepted: (pathname, token) => void refusedBy.get(pathname)?.delete(token),
    onPassedOn: (pathname) => void refusedBy.delete(pathname),
    onRefreshAnswered() {
      isBeingRefreshed = false
    },
    onEvent(name, event) {
      switch (name) {
        case 'refresh-started':
          if (Reflect.get(event, 'reason') !== 'refusal') return
          if (refused === undefined) violate('a refusal of no held token caused a refresh')
          isBeingRefreshed = true
          return
        case 'refresh-settled':
          isBeingRefreshed = false
          return
        case 'signed-in':
        case 'signed-out':
        case 'refreshed':
          replace(false)
          return
        case 'reissued':
          // The refresh that waits for its lock is sent all the same.
          replace(isRefreshing())
      }
    }
  }
}
