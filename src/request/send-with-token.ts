// Send with token: takes one request from attaching the token to a replay, over axios or fetch.
//
//   attach the token ── send ── adopt a re-issued token ── answer
//                        └─ refused: get a newer token ── replay, at most eight times
//
// The first refusal may be late, and each newer token may be revoked before the replay arrives.

import { AuthError } from '../lib/errors.ts'
import { invalid } from '../lib/option-errors.ts'
import type { TrustedOrigins } from '../lib/url.ts'
import type { HeldToken } from '../session/held-token.ts'
import { sessionChanged } from '../session/session.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { IsTooLate } from './late-answers.ts'
import type { AdoptReissued } from './reissued-header.ts'
import { type ResolvedFlags, readRequestFlags } from './request-flags.ts'
import type { TokenRefusal } from './token-refusal.ts'
import { greatestReplays, type Patience, type TokenSource } from './token-source.ts'
import type { IncomingAnswer, OutgoingRequest } from './transport.ts'

export type SendWithToken = <Result>(request: OutgoingRequest<Result>) => Promise<Result>

export interface SendWithTokenDeps {
  readonly tokens: TokenSource
  readonly origins: TrustedOrigins
  /** Whether the request goes to an auth endpoint. Its refusals are not about the access token. */
  readonly isAuthEndpoint: (method: string, url: string | undefined) => boolean
  readonly tokenRefusal: TokenRefusal
  readonly adoptReissued: AdoptReissued
  readonly isTooLate: IsTooLate
  readonly diagnostics: Diagnostics | undefined
}

export function createSendWithToken(deps: SendWithTokenDeps): SendWithToken {
  const { tokens, origins, isAuthEndpoint, tokenRefusal, adoptReissued, diagnostics } = deps

  async function sendWithToken<Result>(request: OutgoingRequest<Result>): Promise<Result> {
    try {
      const { accessToken, onRefusal } = readRequestFlags(request.flags)
      if (!mayCarry(request, accessToken)) return (await request.send(undefined)).settle()

      const patience = { spentMs: 0 }
      let carried =
        readyToken(request) ??
        (await request.orReleased(forRequest(request, accessToken, patience)))
      if (accessToken === 'require') tokens.require(carried)
      for (let replays = 0; ; replays += 1) {
        const refusalsBefore = tokens.refusals()
        const answer = await request.send(carried?.accessToken)
        if (carried === undefined) return answer.settle()
        const isRefused = mayBeRefusal(request, answer) && (await isRefusal(request, answer))
        diagnostics?.noteAnswer(answer, carried, isRefused)
        adoptReissued(answer, carried, isRefused)
        if (deps.isTooLate(carried)) {
          answer.discard()
          throw sessionChanged()
        }
        if (!isRefused && mayMeanAccepted(answer.status)) {
          tokens.afterAnswer(carried, request, refusalsBefore)
        }
        const isLast = replays === greatestReplays
        if (!isRefused || isLast || onRefusal === 'ignore') return answer.settle()

        const refreshing = tokens.afterRefusal(
          carried,
          request,
          tokenRefusal.isExplicit(answer),
          patience
        )
        const waiting = onRefusal === 'replay' ? refreshing : refreshing.then(nothing, nothing)
        carried = await orDiscarded(answer, request.orReleased(waiting))
        if (carried === undefined) return answer.settle()
        answer.discard()
        if (!request.isReplayable) throw bodySpent(answer.status)
      }
    } catch (error) {
      throw request.toCallerError(error)
    }
  }

  /** @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if the request must carry a token but may not */
  function mayCarry(
    { hasOwnHeader, isOpaque, url }: OutgoingRequest<unknown>,
    accessToken: ResolvedFlags['accessToken']
  ): boolean {
    if (accessToken === 'omit' || hasOwnHeader) return false
    if (!isOpaque && origins.trusts(url)) return true
    if (!isOpaque) diagnostics?.noteUntrusted(url)
    if (accessToken === 'require') throw cannotCarry(isOpaque)
    return false
  }

  /** The token of the session in which the request began, if it can be sent now. */
  function readyToken(request: OutgoingRequest<unknown>): HeldToken | undefined {
    const token = tokens.sendable(request)
    return token?.epoch === request.epoch ? token : undefined
  }

  function forRequest(
    request: OutgoingRequest<unknown>,
    accessToken: ResolvedFlags['accessToken'],
    patience: Patience
  ): Promise<HeldToken | undefined> {
    const mayBeCached = accessToken === 'attach' && /^(?:get|head)$/i.test(request.method)
    return tokens.forRequest(request.epoch, request, mayBeCached, patience)
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

/** A server that fails says nothing about the token, and a rate limiter has not looked at it. */
function mayMeanAccepted(status: number): boolean {
  return status < 500 && ![408, 425, 429].includes(status)
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
