// Client rule: its name, the context it is checked in, and the result of a check.
import type { MockCall } from '../calls/call.ts'
import type { MockRefresh } from '../options/contract-endpoints.ts'

/**
 * - `parallel-refresh`: two refreshes of one session were in flight at once without the same
 *   `Idempotency-Key`. A server may treat one of them as token theft (RFC 9700 §4.14.2).
 * - `spent-refresh-token`: a refresh token was sent again after its successor had been delivered.
 * - `refresh-without-credentials`: a refresh came without the cookie that the client must have,
 *   because its credentials mode excludes it, or because a user has signed in from that origin (two
 *   browsers on one origin count as one). Only checked if the credential is a cookie.
 * - `retry-storm`: more than 5 refreshes failed within 10 seconds (unknown refresh tokens do not
 *   count), or more than 3 in a row brought a token that was refused at every use.
 * - `use-after-logout`: a refresh token, or (after `inFlightSeconds`) an access token, was used
 *   after the answer to the logout had been delivered.
 * - `stale-access-token`: an access token was used more than `inFlightSeconds` after a login or a
 *   refresh had delivered a newer one of its session.
 * - `ignored-reissue`: the same for a newer token that had been re-issued in a response header.
 * - `bearer-to-foreign-origin`: an access token was sent to an origin on which neither the server
 *   nor a guarded handler answers. Only the msw adapter sees such calls.
 * - `token-in-url`: a URL contained a token (RFC 6750 §5.3). For calls that reach neither the
 *   server nor a guarded handler, only the msw adapter sees the URL, and only this server's access
 *   tokens count.
 * - `reissue-hidden`: a token was re-issued in a header that the page cannot read, because
 *   `Access-Control-Expose-Headers` does not list it. The server, not the client, must be changed.
 * - `cors-blocked`: a browser would block the call, or hide its response from the page (CORS).
 */
export type MockRule =
  | 'parallel-refresh'
  | 'spent-refresh-token'
  | 'refresh-without-credentials'
  | 'retry-storm'
  | 'use-after-logout'
  | 'stale-access-token'
  | 'ignored-reissue'
  | 'bearer-to-foreign-origin'
  | 'token-in-url'
  | 'reissue-hidden'
  | 'cors-blocked'

/** A broken rule and the calls that broke it. */
export interface RuleBreak {
  readonly rule: MockRule
  /** A sentence without a full stop: what the client did, and why it hurts. */
  readonly message: string
  readonly calls: readonly MockCall[]
}

export interface RuleContext {
  /** The contract of the refresh endpoint. `false`: the backend has no such endpoint. */
  readonly refresh: Pick<MockRefresh, 'credential' | 'cookies'> | false
  readonly sessionSeconds: number
  /**
   * The `index` of the next call when `mint` made this token; `Infinity` for a forged token, and
   * `undefined` for all other tokens.
   */
  readonly mintedBefore: (jti: string) => number | undefined
  /** How long a call may still arrive that was sent before a change. */
  readonly inFlightSeconds: number
}
