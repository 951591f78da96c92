// The way of one request, whatever carries it: token on, answer in, re-issued token adopted, one replay after a refusal.

import { AuthError } from '../lib/errors.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Diagnostics } from './diagnostics.ts'
import { readReissuedHeader } from './reissued-header.ts'
import { readRequestFlags } from './request-flags.ts'
import type { Refuses } from './token-refusal.ts'
import { requireToken, type TokenSource } from './token-source.ts'
import type { IncomingAnswer, OutgoingRequest } from './transport.ts'
import type { TrustedOrigins } from './trusted-origins.ts'

export interface SendWithTokenDeps {
  readonly tokens: TokenSource
  readonly origins: TrustedOrigins
  /** Is this one of the endpoints that hand tokens out? Their refusals are about something else than the token. */
  readonly isAuthEndpoint: (url: string | undefined) => boolean
  /** Does this answer, with a status from 400 to 499, refuse the token? */
  readonly refuses: Refuses
  readonly diagnostics: Diagnostics | undefined
}

export type SendWithToken = <Result>(request: OutgoingRequest<Result>) => Promise<Result>

export function createSendWithToken(options: SendWithTokenDeps): SendWithToken {
  const { tokens, origins, isAuthEndpoint, refuses, diagnostics } = options

  function adoptReissued(answer: IncomingAnswer<unknown>, carried: HeldToken): void {
    diagnostics?.noteAnswer(answer)
    const header = readReissuedHeader(answer.reissuedHeader)
    if (header.kind === 'absent') return
    if (answer.status === 401) tokens.refuse('refused-request')
    else if (header.kind === 'malformed') tokens.refuse('malformed')
    else if (!origins.trusts(answer.finalUrl)) tokens.refuse('untrusted-origin')
    else tokens.adopt(header.accessToken, carried)
  }

  // At the end of a redirect somebody answers who never saw the token: that is no word about it.
  function isForeign({ finalUrl }: IncomingAnswer<unknown>): boolean {
    return finalUrl !== undefined && !origins.trusts(finalUrl)
  }

  /** The token to replay with, or `undefined` where the answer stands. */
  async function replace(
    request: OutgoingRequest<unknown>,
    answer: IncomingAnswer<unknown>,
    carried: HeldToken,
    replay: 'once' | 'never'
  ): Promise<HeldToken | undefined> {
    try {
      if (!(await request.orReleased(refuses(answer)))) return undefined
      if (isAuthEndpoint(request.url)) return undefined
      const renewing = tokens.afterRefusal(carried)
      if (replay === 'once') return await request.orReleased(renewing)
      await request.orReleased(renewing.catch(() => undefined))
      return undefined
    } catch (error) {
      answer.discard()
      throw error
    }
  }

  return async function sendWithToken(request) {
    const { accessToken, replay } = readRequestFlags(request.flags)
    const mayCarry = accessToken !== 'omit' && !request.hasOwnAuthorization
    if (!mayCarry || request.isOpaque || !origins.trusts(request.url)) {
      if (mayCarry && !request.isOpaque) diagnostics?.noteUntrusted(request.url)
      if (mayCarry && accessToken === 'require') throw uncarried(request.isOpaque)
      return (await request.send(undefined)).settle()
    }
    const ready = request.epoch === tokens.currentEpoch() ? tokens.sendable() : undefined
    const carried = ready ?? (await request.orReleased(tokens.forRequest(request.epoch)))
    if (accessToken === 'require') requireToken(carried)
    const answer = await request.send(carried?.accessToken)
    if (carried === undefined) return answer.settle()
    adoptReissued(answer, carried)
    const mayRefuse = answer.status >= 400 && answer.status < 500 && !isForeign(answer)
    const replacement = mayRefuse && (await replace(request, answer, carried, replay))
    if (!replacement) return answer.settle()
    answer.discard()
    if (!request.isReplayable) throw bodySpent(answer.status)
    const replayed = await request.send(replacement.accessToken)
    adoptReissued(replayed, replacement)
    return replayed.settle()
  }
}

function uncarried(isOpaque: boolean): AuthError {
  const expectation = isOpaque ? 'another mode than no-cors' : 'a URL of a trusted origin'
  return new AuthError(
    'ERR_AUTH_INVALID_OPTIONS',
    `Option everbearer.accessToken: expected ${expectation}, since the access token is required.`
  )
}

function bodySpent(status: number): AuthError {
  return new AuthError(
    'ERR_AUTH_BODY_SPENT',
    'The server refused the access token, and a body that is a stream cannot be sent twice. The token is renewed: call again with a new one.',
    { status }
  )
}
