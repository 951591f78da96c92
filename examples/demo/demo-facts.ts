// What the demo's server tells its page: plain facts for the picture, and never a token.

/** The life of one signing key, in milliseconds since the epoch. */
export interface KeyLife {
  readonly kid: string
  /** Counts the keys from 1; the page picks the colour by it, so that a reload does not repaint everything. */
  readonly number: number
  readonly signsFromMs: number
  /** Since when it only verifies. */
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

/** Everything that a page needs to draw the recent past when it loads. */
export interface ServerSnapshot {
  readonly accessTokenSeconds: number
  readonly keys: readonly KeyLife[]
  readonly calls: readonly ServerCall[]
}

/** What a visitor may do to the server; each is `POST /demo/<action>`. */
export const serverActions = [
  'rotate-key',
  'retire-key',
  'revoke-access-tokens',
  'end-session'
] as const
export type ServerAction = (typeof serverActions)[number]

/** Names of the messages that the server pushes to every open page. */
export const callMessage = 'demo:call'
export const keysMessage = 'demo:keys'

/** Known to everybody: the server keeps it in memory, on this machine. */
export const demoUser = { email: 'ada@example.com', password: 'lovelace' }
