// Messages between the demo server and its page: plain facts for the timeline, never a token.

/** The times of one signing key, in milliseconds since the epoch. */
export interface KeyLife {
  readonly kid: string
  /** Counts the keys from 1. The page derives the colour from it, so a reload keeps the colours. */
  readonly number: number
  readonly signsFromMs: number
  /** When it stopped signing; it still verifies. */
  readonly verifiesFromMs?: number
  readonly retiredAtMs?: number
}

/** One answer of the API, as the server saw it. */
export interface ServerCall {
  readonly index: number
  readonly atMs: number
  readonly status: number
  /** The key of the access token that was presented. */
  readonly kid?: string
  /** The key of the re-issued access token in the answer's header. */
  readonly reissuedKid?: string
}

/** The recent past, for a page that has just loaded. */
export interface ServerSnapshot {
  readonly accessTokenSeconds: number
  readonly keys: readonly KeyLife[]
  readonly calls: readonly ServerCall[]
}

/** The actions that a visitor can trigger, each by `POST /demo/<action>`. */
export const serverActions = [
  'rotate-key',
  'retire-key',
  'revoke-access-tokens',
  'end-session'
] as const
export type ServerAction = (typeof serverActions)[number]

/** Names of the messages from the server to every open page. */
export const callMessage = 'demo:call'
export const keysMessage = 'demo:keys'

/** The only user of the demo. The server is reachable from this machine only. */
export const demoUser = { email: 'ada@example.com', password: 'lovelace' }
