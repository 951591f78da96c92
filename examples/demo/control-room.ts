// Control endpoints of the demo: let the page rotate keys, revoke tokens and end sessions.
import type { IncomingMessage, RequestListener } from 'node:http'
import type { MockAuthServer, MockCall } from 'everbearer/mock'
import {
  type KeyLife,
  type ServerAction,
  type ServerCall,
  type ServerSnapshot,
  serverActions
} from './demo-facts.ts'

export interface ControlRoom {
  /** Answers `GET /demo/state` and `POST /demo/<action>`, only for requests of the page. */
  readonly listener: RequestListener
  readonly keys: () => readonly KeyLife[]
}

export interface ControlRoomOptions {
  readonly server: MockAuthServer
  readonly accessTokenSeconds: number
  /** Origin of the page; `undefined` until the page is served. */
  readonly pageOrigin: () => string | undefined
  readonly onKeysChanged: (keys: readonly KeyLife[]) => void
}

/** The past that a page shows when it loads. */
const shownPastMs = 90_000

export function createControlRoom(options: ControlRoomOptions): ControlRoom {
  const { server } = options
  let keys: readonly KeyLife[] = server.keys.map(({ kid }, index) => ({
    kid,
    number: index + 1,
    signsFromMs: Date.now()
  }))

  const changeKeys = (next: readonly KeyLife[]): void => {
    keys = next
    options.onKeysChanged(keys)
  }

  const actions: Readonly<Record<ServerAction, () => unknown>> = {
    'rotate-key': () => {
      const { previousKid, kid } = server.rotateKey()
      const nowMs = Date.now()
      const retired = keys.map((key) =>
        key.kid === previousKid ? { ...key, verifiesFromMs: nowMs } : key
      )
      changeKeys([...retired, { kid, number: keys.length + 1, signsFromMs: nowMs }])
      return { previousKid, kid }
    },
    'retire-key': () => {
      const kids = server.retireKey()
      const nowMs = Date.now()
      changeKeys(keys.map((key) => (kids.includes(key.kid) ? { ...key, retiredAtMs: nowMs } : key)))
      return { kids }
    },
    'revoke-access-tokens': () => {
      server.revokeAccessTokens()
      return {}
    },
    'end-session': () => {
      server.endSessions()
      return {}
    }
  }

  const answer = (request: IncomingMessage): { status: number; body: unknown } => {
    const { method, url } = request
    if (method === 'GET' && url === '/demo/state') {
      return { status: 200, body: snapshot(server, options.accessTokenSeconds, keys) }
    }
    const action = serverActions.find((name) => url === `/demo/${name}`)
    if (action === undefined || method !== 'POST') return { status: 404, body: {} }
    return { status: 200, body: actions[action]() }
  }

  return {
    keys: () => keys,
    listener: (request, response) => {
      // A POST without a body needs no preflight, so CORS alone does not stop other pages.
      const pageOrigin = options.pageOrigin()
      const isPage = pageOrigin !== undefined && request.headers.origin === pageOrigin
      const { status, body } = isPage ? answer(request) : { status: 403, body: {} }
      response.statusCode = status
      response.setHeader('Content-Type', 'application/json')
      response.setHeader('Cache-Control', 'no-store')
      response.setHeader('Vary', 'Origin')
      if (isPage) response.setHeader('Access-Control-Allow-Origin', pageOrigin)
      response.end(JSON.stringify(body))
    }
  }
}

/** The facts of a call for the page; `undefined` for calls that the page does not show. */
export function toServerCall(call: MockCall): ServerCall | undefined {
  if (call.route !== 'me' || call.endedAtMs === undefined || call.status === undefined) return
  return {
    index: call.index,
    atMs: call.endedAtMs,
    status: call.status,
    ...(call.kid === undefined ? {} : { kid: call.kid }),
    ...(call.reissued && call.issuedKid !== undefined ? { reissuedKid: call.issuedKid } : {})
  }
}

function snapshot(
  server: MockAuthServer,
  accessTokenSeconds: number,
  keys: readonly KeyLife[]
): ServerSnapshot {
  const sinceMs = Date.now() - shownPastMs
  const calls = server.calls
    .filter((call) => call.startedAtMs >= sinceMs)
    .map(toServerCall)
    .filter((call) => call !== undefined)
  return { accessTokenSeconds, keys, calls }
}
