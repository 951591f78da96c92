// Send with token: takes one request from attaching the token to a replay, over axios or fetch.
//
//   attach the token ── send ── adopt a re-issued token ── answer
//                        └─ refused: get a newer token ── replay once

import type { ResolvedHeader } from '../contract/resolved-contract.ts'
import { AuthError } from '../lib/errors.ts'
import { invalid } from '../lib/option-errors.ts'
import type { TrustedOrigins } from '../lib/url.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Diagnostics } from './diagnostics.ts'
import { readReissuedHeader } from './reissued-header.ts'
import { readRequestFlags } from './request-flags.ts'
import type { TokenRefusal } from './token-refusal.ts'
import type { TokenSource } from './token-source.ts'
import type { IncomingAnswer, OutgoingRequest } from './transport.ts'

export type SendWithToken = <Result>(request: OutgoingRequest<Result>) => Promise<Result>

export interface SendWithTokenDeps {
  readonly tokens: TokenSource
  readonly origins: TrustedOrigins
  /** Whether the request goes to an auth endpoint. Its refusals are not about the access token. */
  readonly isAuthEndpoint: (method: string, url: string | undefined) => boolean
  readonly tokenRefusal: TokenRefusal
  readonly reissue: ResolvedHeader | false
  readonly diagnostics: Diagnostics | undefined
}

export function createSendWithToken(deps: SendWithTokenDeps): SendWithToken {
  const { tokens, origins, isAuthEndpoint, tokenRefusal, reissue, diagnostics } = deps

  async function sendWithToken<Result>(request: OutgoingRequest<Result>): Promise<Result> {
    const { accessToken, onRefusal } = readRequestFlags(request.flags)
    const mayCarry = accessToken !== 'omit' && !request.hasOwnHeader
    if (!mayCarry || request.isOpaque || !origins.trusts(request.url)) {
      if (mayCarry && !request.isOpaque) diagnostics?.noteUntrusted(request.url)
      if (mayCarry && accessToken === 'require') throw cannotCarry(request.isOpaque)
      return (await request.send(undefined)).settle()
    }

    const ready = request.epoch === tokens.currentEpoch() ? tokens.sendable() : undefined
    const carried = ready ?? (await request.orReleased(tokens.forRequest(request.epoch)))
    if (accessToken === 'require') tokens.require(carried)
    const answer = await request.send(carried?.accessToken)
    if (carried === undefined) return answer.settle()
    const isRefused = mayBeRefusal(request, answer) && (await isRefusal(request, answer))
    adoptReissued(answer, carried, isRefused)
    if (!isRefused || onRefusal === 'ignore') return answer.settle()

    const refreshing = tokens.afterRefusal(carried)
    const waiting = onRefusal === 'replay' ? refreshing : refreshing.then(nothing, nothing)
    const replacement = await orDiscarded(answer, request.orReleased(waiting))
    if (replacement === undefined) return answer.settle()
    answer.discard()
    if (!request.isReplayable) throw bodySpent(answer.status)
    const replayed = await request.send(replacement.accessToken)
    const isRefusedAgain =
      Boolean(replayed.reissuedHeader) &&
      mayBeRefusal(request, replayed) &&
      (await isRefusal(request, replayed))
    adoptReissued(replayed, replacement, isRefusedAgain)
    return replayed.settle()
  }

  function adoptReissued(
    answer: IncomingAnswer<unknown>,
    carried: HeldToken,
    isRefused: boolean
  ): void {
    diagnostics?.noteAnswer(answer, carried, isRefused)
    const header = readReissuedHeader(reissue, answer.reissuedHeader)
    if (header.kind === 'absent') return
    if (isRefused || answer.status === 401) tokens.refuse('refused-request')
    else if (header.kind === 'malformed') tokens.refuse('malformed')
    else if (!origins.trusts(answer.finalUrl)) tokens.refuse('untrusted-origin')
    else tokens.adopt(header.accessToken, carried)
  }

  // After a cross-origin redirect the responder never saw the token, so its refusal says nothing
  // about the token.
  function mayBeRefusal(
    { method, url }: OutgoingRequest<unknown>,
    { status, finalUrl }: IncomingAnswer<unknown>
  ): boolean {
    if (!tokenRefusal.mayRefuse(status) || isAuthEndpoint(method, url)) return false
    return finalUrl === undefined || origins.trusts(finalUrl)
  }

  function isRefusal(
    request: OutgoingRequest<unknown>,
    answer: IncomingAnswer<unknown>
  ): Promise<boolean> {
    return orDiscarded(answer, request.orReleased(tokenRefusal.refuses(answer)))
  }

  return sendWithToken
}

function nothing(): undefined {
  return undefined
}

/** If `waiting` rejects, the caller gets its error and not the answer. */
async function orDiscarded<T>(answer: IncomingAnswer<unknown>, waiting: Promise<T>): Promise<T> {
  try {
    return await waiting
  } catch (error) {
    answer.discard()
    throw error
  }
}

function cannotCarry(isOpaque: boolean): AuthError {
  return invalid('everbearer.accessToken', isOpaque ? 'mode' : 'trusted')
}

function bodySpent(status: number): AuthError {
  return new AuthError(
    'ERR_AUTH_BODY_SPENT',
    'The server refused the access token, and a stream cannot be sent twice. The token has been refreshed: repeat the call with a new stream.',
    { status }
  )
}
