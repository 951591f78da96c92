// Facts of a play: what the watchers know about clients, sessions, requests and troubles.
import type { AuthClient, AuthEvents } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import type { NetworkAnswer, NetworkRequest } from '../browser/network.ts'
import type { Page } from '../browser/page.ts'
import type { Action, Conditions } from './steps.ts'

export interface Claims {
  readonly sub: string
  readonly sid: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

export interface Client {
  readonly auth: AuthClient
  readonly page: Page
  readonly tab: number
  /** It has another name and another account than the other clients. */
  readonly isSecond: boolean
  readonly openedAt: number
  /** The session that the client held last, by the claims in its state. */
  sid: string | undefined
  /** The moment of its last `logout()`, `restore()`, and end of a session. */
  loggedOutAt: number
  restoreCalledAt: number
  endedAt: number
}

/** A session on the server. */
export interface ServerSession {
  readonly sub: string
  /** The moment of the `login()` or of the sign-in on another page. */
  readonly beganAt: number
}

export interface Sent {
  readonly client: Client
  readonly request: NetworkRequest
  readonly pathname: string
  readonly token: string | undefined
  readonly claims: Claims | undefined
  /** The number of the app's request. */
  readonly n: string | undefined
  readonly key: string | undefined
  readonly at: number
  readonly atMs: number
  /** The page has the answer, or does not wait for it any more. */
  outcome: NetworkAnswer | 'lost' | 'aborted' | undefined
  settledAtMs: number
  /** The answer has reached the browser, or is lost. */
  isFinished: boolean
}

/** Whether something has happened that excuses a client. The times are of the last such event. */
export interface Troubles {
  /** Storage was cleared, blocked, full or forgetful. */
  storageMs: number
  /** A lock request got no answer. */
  locksMs: number
  /** A page was frozen, hidden in the back/forward cache, or is gone. */
  pagesMs: number
  /** The clock was set, or the device slept. */
  clockMs: number
  /** An old release was active. */
  oldReleaseMs: number
}

export interface Facts {
  readonly conditions: Conditions
  readonly violations: string[]
  violate(invariant: string, what: string): void
  nowMs(): number
  /** The next moment. Moments order what happens at the same time. */
  tick(): number
  now(): number
  /** The time of a moment. */
  msOf(moment: number): number
  readonly clients: readonly Client[]
  readonly sessions: ReadonlyMap<string, ServerSession>
  readonly troubles: Troubles
  readonly sent: readonly Sent[]
  /** The moment of the last sign-in or sign-out of any client that is not a second one. */
  changedAt(): number
  /** The session that the cookie belongs to. `undefined` after a sign-out. */
  cookieSession(): string | undefined
  /** Whether auth requests have overlapped, so that the cookie may be of any session. */
  hasOverlapped(): boolean
  /** Tokens of the server that have reached the browser. */
  readonly tokens: ReadonlySet<string>
}

export interface Call {
  readonly client: Client
  readonly what:
    | 'login'
    | 'login by function'
    | 'logout'
    | 'refresh'
    | 'getAccessToken'
    | 'restore'
    | 'ready'
    | 'request'
  readonly at: number
  readonly promise: Promise<unknown>
  /** The number of the app's request. */
  readonly n?: string
  /** The app has come back from a sign-in on another page. */
  readonly isRedirect?: boolean
}

/** Looks for violations. Every member may be left out. */
export interface Watcher {
  onViolation?(what: string): void
  onOpen?(client: Client): void
  onStep?(action: Action, tab: number): void
  onCall?(call: Call): void
  onSend?(sent: Sent): void
  onServed?(request: NetworkRequest, response: WireResponse): void
  onSettled?(sent: Sent): void
  onEvent?(client: Client, name: keyof AuthEvents, event: Record<string, unknown>): void
  /** After each slice of time. */
  onPass?(): void
  atEnd?(): void
}

export function readClaims(token: string | undefined): Claims | undefined {
  if (token === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  } catch {
    return undefined
  }
}

export function readIssued(response: WireResponse): string | undefined {
  try {
    return JSON.parse(response.body).access_token
  } catch {
    return undefined
  }
}

export function readReissued({ headers }: WireResponse): string | undefined {
  const header = headers.find(([name]) => name.toLowerCase() === 'authorization')
  return header?.[1].slice('Bearer '.length)
}

/** The session of the state, by the claims of its user. */
export function heldSid(auth: AuthClient): string | undefined {
  const { user } = auth.getState()
  return typeof user === 'object' && user !== null ? String(Reflect.get(user, 'sid')) : undefined
}
