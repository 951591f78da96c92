// Send with token: takes one request from attaching the token to a replay, over axios or fetch.
//
//   attach the token ── send ── adopt a re-issued token ── answer
//                        └─ refused: get a newer token ── replay once

import { isAccessToken } from '../lib/access-token.ts'
import { invalid } from '../lib/checks.ts'
import { AuthError } from '../lib/errors.ts'
import type { TrustedOrigins } from '../lib/url.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Diagnostics } from './diagnostics.ts'
import { readRequestFlags } from './request-flags.ts'
import type { Refuses } from './token-refusal.ts'
import { requireToken, type TokenSource } from './token-source.ts'

/** A request that a transport is ready to send, more than once if needed. */
interface OutgoingRequest<Result> {
  /** The URL, absolute or relative to the page. `undefined` if it is unknown. */
  readonly url: string | undefined
  /** The caller set or switched off `Authorization`. The request is then left alone. */
  readonly hasOwnAuthorization: boolean
  /** The mode is `no-cors`: the browser drops the header and hides the answer. */
  readonly isOpaque: boolean
  /** The `everbearer` entry of the request, not yet validated. */
  readonly flags: unknown
  /** The epoch of the session in which the request began. `undefined` if there was no session. */
  readonly epoch: number | undefined
  /** `false` if the body is a stream, which can be sent only once. */
  readonly isReplayable: boolean
  send(accessToken: string | undefined): Promise<IncomingAnswer<Result>>
  /** Settles as `promise` does, or rejects as soon as the caller aborts or its time is over. */
  orReleased<T>(promise: Promise<T>): Promise<T>
}

/** An answer that the caller has not received yet. */
export interface IncomingAnswer<Result> {
  readonly status: number
  /** The URL after redirects. `undefined` if the transport hides it. */
  readonly finalUrl: string | undefined
  readonly reissuedHeader: unknown
  /** The `WWW-Authenticate` header. */
  challenge(): unknown
  /** The body as text, without consuming it. Empty if that is not possible. */
  text(): Promise<string>
  /** Returns the answer to the caller, or rejects with the transport's own error. */
  settle(): Promise<Result>
  /** Drops the answer and frees its resources, such as the connection of a streaming body. */
  discard(): void
}

export type SendWithToken = <Result>(request: OutgoingRequest<Result>) => Promise<Result>

export interface SendWithTokenDeps {
  readonly tokens: TokenSource
  readonly origins: TrustedOrigins
  /** Whether the URL is an auth endpoint. Its refusals are not about the access token. */
  readonly isAuthEndpoint: (url: string | undefined) => boolean
  readonly refuses: Refuses
  readonly diagnostics: Diagnostics | undefined
}

export function createSendWithToken(deps: SendWithTokenDeps): SendWithToken {
  const { tokens, origins, isAuthEndpoint, refuses, diagnostics } = deps

  async function sendWithToken<Result>(request: OutgoingRequest<Result>): Promise<Result> {
    const { accessToken, replay } = readRequestFlags(request.flags)
    const mayCarry = accessToken !== 'omit' && !request.hasOwnAuthorization
    if (!mayCarry || request.isOpaque || !origins.trusts(request.url)) {
      if (mayCarry && !request.isOpaque) diagnostics?.noteUntrusted(request.url)
      if (mayCarry && accessToken === 'require') throw cannotCarry(request.isOpaque)
      return (await request.send(undefined)).settle()
    }

    const ready = request.epoch === tokens.currentEpoch() ? tokens.sendable() : undefined
    const carried = ready ?? (await request.orReleased(tokens.forRequest(request.epoch)))
    if (accessToken === 'require') requireToken(carried)
    const answer = await request.send(carried?.accessToken)
    if (carried === undefined) return answer.settle()
    adoptReissued(answer, carried)

    const replacement = mayBeRefusal(answer)
      ? await replaceRefused(request, answer, carried, replay)
      : undefined
    if (replacement === undefined) return answer.settle()
    answer.discard()
    if (!request.isReplayable) throw bodySpent(answer.status)
    const replayed = await request.send(replacement.accessToken)
    adoptReissued(replayed, replacement)
    return replayed.settle()
  }

  function adoptReissued(answer: IncomingAnswer<unknown>, carried: HeldToken): void {
    diagnostics?.noteAnswer(answer)
    const header = readReissuedHeader(answer.reissuedHeader)
    if (header.kind === 'absent') return
    if (answer.status === 401) tokens.refuse('refused-request')
    else if (header.kind === 'malformed') tokens.refuse('malformed')
    else if (!origins.trusts(answer.finalUrl)) tokens.refuse('untrusted-origin')
    else tokens.adopt(header.accessToken, carried)
  }

  // After a cross-origin redirect the responder never saw the token, so its 401 says nothing about
  // the token.
  function mayBeRefusal({ status, finalUrl }: IncomingAnswer<unknown>): boolean {
    return status >= 400 && status < 500 && (finalUrl === undefined || origins.trusts(finalUrl))
  }

  /** The token to replay with. `undefined` if the caller gets this answer. */
  async function replaceRefused(
    request: OutgoingRequest<unknown>,
    answer: IncomingAnswer<unknown>,
    carried: HeldToken,
    replay: 'once' | 'never'
  ): Promise<HeldToken | undefined> {
    try {
      if (!(await request.orReleased(refuses(answer)))) return undefined
      if (isAuthEndpoint(request.url)) return undefined
      const refreshing = tokens.afterRefusal(carried)
      if (replay === 'once') return await request.orReleased(refreshing)
      await request.orReleased(refreshing.catch(() => undefined))
      return undefined
    } catch (error) {
      answer.discard()
      throw error
    }
  }

  return sendWithToken
}

/** A header with a re-issued token holds exactly one Bearer credential (RFC 6750 §2.1). */
export type ReissuedHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'malformed' }

const bearerCredential = /^bearer +(\S+)$/i

/** Reads the header strictly, because any server or proxy on the way can set it. */
export function readReissuedHeader(value: unknown): ReissuedHeader {
  // Proxies may blank out a header instead of removing it.
  if (value === undefined || value === null || value === '') return { kind: 'absent' }
  const accessToken = typeof value === 'string' ? bearerCredential.exec(value)?.[1] : undefined
  return isAccessToken(accessToken) ? { kind: 'token', accessToken } : { kind: 'malformed' }
}

/** Whether a body is a stream, or a body of the `form-data` package. Both can be read only once. */
export function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return ['pipe', 'getReader', Symbol.asyncIterator].some(
    (method) => typeof Reflect.get(body, method) === 'function'
  )
}

function cannotCarry(isOpaque: boolean): AuthError {
  const expectation = isOpaque ? 'a mode other than "no-cors"' : 'a URL of a trusted origin'
  return invalid('everbearer.accessToken', `${expectation}, because "require" is set`)
}

function bodySpent(status: number): AuthError {
  return new AuthError(
    'ERR_AUTH_BODY_SPENT',
    'The server refused the access token, and a stream cannot be sent twice. The token has been refreshed: repeat the call with a new stream.',
    { status }
  )
}
