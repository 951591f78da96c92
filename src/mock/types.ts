// What the mock auth server can do, as its users see it.

import type { MockAdapter, MockCall } from './calls/call-log.ts'
import type { KeyControls } from './controls/key-controls.ts'
import type { ForgeryControls } from './controls/mint.ts'
import type { SessionControls } from './controls/session-controls.ts'
import type { ProtectedSession, Respond } from './endpoints/guard.ts'
import type { WireRequest, WireResponse } from './http/message.ts'
import type { MockRouteEntry } from './http/routes.ts'
import type { MockEventName, MockEvents } from './monitor/events.ts'
import type { TestControls } from './test-controls.ts'

/** The server. Methods survive destructuring; `keys`, `calls` and other lists are read afresh each time. */
export interface MockAuthServer
  extends KeyControls,
    SessionControls,
    ForgeryControls,
    TestControls {
  /**
   * Answers any request to the server's own routes, preflights included, and 404 to the rest. Never throws for what
   * a client may send. A door gives its name for the journal.
   * @throws MockAuthServerError `unusable_key` where a token is to be signed, and the key that signs is none
   */
  handle(request: WireRequest, adapter?: MockAdapter): Promise<WireResponse>

  /** Is this URL one of the server's own routes? Only the path counts. */
  owns(request: Pick<WireRequest, 'url'>): boolean

  /** The server's own routes, `basePath` included. */
  readonly routes: readonly MockRouteEntry[]

  /**
   * Puts verification, re-issue and CORS around an answer of your own. `respond` is called only with a good token;
   * what it throws is noted as `failed` and goes through. `OPTIONS` is answered without asking it.
   */
  guard(request: WireRequest, respond: Respond, adapter?: MockAdapter): Promise<WireResponse>

  /**
   * `handle` for whoever has a `Request`. Good in Node; inside a browser (and happy-dom) it knows no cookies, because
   * `Request` and `Response` drop them there.
   */
  fetch(request: Request): Promise<Response>

  /** `guard` for a fetch handler: the result answers requests with a good access token through `handler`. */
  protect(
    handler: (request: Request, session: ProtectedSession) => Response | Promise<Response>
  ): (request: Request) => Promise<Response>

  /**
   * Calls back whenever something happens that somebody on duty would want to know.
   * @returns its remover
   * @throws TypeError for an event that does not exist
   */
  on<Name extends MockEventName>(
    name: Name,
    listener: (event: MockEvents[Name]) => void
  ): () => void

  /**
   * Calls back after every call that was answered; of one that a reset cuts off nothing is told.
   * @returns its remover
   */
  onCall(listener: (call: MockCall) => void): () => void

  /**
   * Notes a request if it carries an access token of this server to another origin than `home`, where the door answers,
   * or to anywhere in its URL; and answers nothing. For doors that see such requests.
   */
  inspect(request: WireRequest, adapter: MockAdapter, home?: string): void
}
