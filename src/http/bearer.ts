// The way of one request, whatever carries it: token on, answer in, re-issued token adopted, one replay after a refusal.
import type { TokenSource } from '../refresh/token-source.ts'
import type { HeldToken } from '../session/session.ts'
import { readReissuedHeader } from './reissued-token.ts'
import type { TrustedOrigins } from './trusted-origin.ts'

/** A request that a transport has ready to send, as often as need be. */
export interface OutgoingRequest<Result> {
  /** Where it goes, resolved but for the page; `undefined` where that cannot be told. */
  readonly url: string | undefined
  /** The caller set an `Authorization` of its own (or switched it off): it is left alone. */
  readonly hasOwnAuthorization: boolean
  /** The session that it was begun in; `undefined` where there was none. */
  readonly epoch: number | undefined
  /** A stream that was read once cannot be sent again. */
  readonly isReplayable: boolean
  send(accessToken: string | undefined): Promise<IncomingAnswer<Result>>
  /** Settles as the promise does, or rejects as soon as the caller cancels. */
  orCancelled<T>(promise: Promise<T>): Promise<T>
}

/** What came back, before the caller sees it. */
export interface IncomingAnswer<Result> {
  readonly status: number
  /** Where it really came from, after redirects; `undefined` where the transport hides that. */
  readonly finalUrl: string | undefined
  readonly reissuedHeader: unknown
  /** Hands it to the caller, as a result or as the transport's own error. */
  settle(): Promise<Result>
  /** Nobody wants it: frees what it holds, such as the connection of a body that streams. */
  discard(): void
}

export interface BearerOptions {
  readonly tokens: TokenSource
  readonly origins: TrustedOrigins
  /** Is this one of the endpoints that hand tokens out? Their refusals are about something else than the token. */
  readonly isAuthEndpoint: (url: string | undefined) => boolean
  /** Does this answer refuse the token? */
  readonly isRefusal: (status: number) => boolean
}

export type SendWithBearer = <Result>(request: OutgoingRequest<Result>) => Promise<Result>

export function createBearer(options: BearerOptions): SendWithBearer {
  const { tokens, origins, isAuthEndpoint, isRefusal } = options

  function adoptReissued(answer: IncomingAnswer<unknown>, carried: HeldToken): void {
    const header = readReissuedHeader(answer.reissuedHeader)
    if (header.kind === 'absent') return
    if (isRefusal(answer.status)) tokens.refuse('refused-request')
    else if (header.kind === 'malformed') tokens.refuse('malformed')
    else if (!origins.trusts(answer.finalUrl)) tokens.refuse('untrusted-origin')
    else tokens.adopt(header.accessToken, carried)
  }

  return async function sendWithBearer(request) {
    if (request.hasOwnAuthorization || !origins.trusts(request.url)) {
      return (await request.send(undefined)).settle()
    }
    const ready = request.epoch === tokens.currentEpoch() ? tokens.sendable() : undefined
    const carried = ready ?? (await request.orCancelled(tokens.forRequest(request.epoch)))
    const answer = await request.send(carried?.accessToken)
    if (carried === undefined) return answer.settle()
    adoptReissued(answer, carried)
    if (!isRefusal(answer.status) || isAuthEndpoint(request.url)) return answer.settle()
    const replacement = await request.orCancelled(tokens.afterRefusal(carried)).catch((error) => {
      answer.discard()
      throw error
    })
    if (replacement === undefined || !request.isReplayable) return answer.settle()
    answer.discard()
    const replayed = await request.send(replacement.accessToken)
    adoptReissued(replayed, replacement)
    return replayed.settle()
  }
}
