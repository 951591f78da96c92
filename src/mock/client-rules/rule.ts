// A rule for clients: its name, the facts it is checked against, and what it reports.
import type { MockCall } from '../calls/call.ts'
import type { RefreshWith } from '../options/sessions.ts'

/**
 * - `parallel-refresh`: two refreshes of one session were in flight at once, and not as one attempt (the same
 *   `Idempotency-Key`). One of them may be taken for theft (RFC 9700 §4.14.2).
 * - `spent-refresh-token`: a refresh token was presented although its successor had been delivered.
 * - `refresh-without-credentials`: a refresh came without the cookie that the client must have: its credentials mode says so,
 *   or somebody has signed in from that origin, and two browsers on it are taken for one. Where a session is renewed
 *   in another way (`refreshWith`) nothing is asked: what a page had in its memory, a reload takes away.
 * - `retry-storm`: more than 5 refreshes that showed something failed within 10 seconds (but for refresh tokens that nobody
 *   here knows), or more than 3 in a row brought a token that was refused at every use.
 * - `use-after-logout`: a refresh token, or (after `inFlightSeconds`) an access token, was used after the answer to the
 *   logout had been delivered.
 * - `stale-access-token`: an access token was used more than `inFlightSeconds` after a newer one of its session had been
 *   delivered by a login or refresh.
 * - `ignored-reissue`: the same, where the newer token had been re-issued in a response header.
 * - `bearer-to-foreign-origin`: an access token went to an origin where neither the server nor anything behind its guard
 *   answers. Only the msw door sees such calls.
 * - `token-in-url`: a token stood in a URL (RFC 6750 §5.3). Of calls that come neither to the server nor to anything behind
 *   its guard only the msw door sees the URL, and only an access token of the server's own counts there.
 * - `reissue-hidden`: a token was re-issued in a header that the page may not read, for lack of
 *   `Access-Control-Expose-Headers`. This one is the server's fault.
 * - `cors-blocked`: the browser would not have sent the call, or not have shown its answer (CORS).
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

/** What one rule has found. */
export interface RuleBreak {
  readonly rule: MockRule
  readonly message: string
  readonly calls: readonly MockCall[]
}

export interface RuleContext {
  readonly refreshWith: RefreshWith
  readonly sessionSeconds: number
  /** Before which call a token was made to order, if it was; `Infinity` for a forged one. */
  readonly madeBefore: (jti: string) => number | undefined
  readonly inFlightSeconds: number
}
