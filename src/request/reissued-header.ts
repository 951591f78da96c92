// Re-issued header: reads the response header in which a server re-issues an access token, and
// offers the token to the session.

import { parseHttpDate } from '../auth-api/answers/retry-after.ts'
import type { ResolvedHeader } from '../contract/resolved-contract.ts'
import { parseCredential } from '../lib/credential.ts'
import type { TrustedOrigins } from '../lib/url.ts'
import { keepRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import { refuseReissue } from '../session/adoption.ts'
import type { Emitter, ReissueRefusal } from '../session/events.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { IncomingAnswer } from './transport.ts'

/** The content of the header: no value, one credential in the format of the contract, or others. */
export type ReissuedHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'malformed' }

/** Texts of languages for a missing value. A server without a token may send one of them. */
const missing: readonly string[] = ['undefined', 'null', 'none', 'nil', 'nan', 'true', 'false']

/** Reads the header strictly, because any server or proxy on the way can set it. */
export function readReissuedHeader(format: ResolvedHeader | false, value: unknown): ReissuedHeader {
  // Proxies may blank out a header instead of removing it.
  if (format === false || value === undefined || value === null || value === '') {
    return { kind: 'absent' }
  }
  const accessToken = parseCredential(format, value)
  return accessToken === undefined || missing.includes(accessToken.toLowerCase())
    ? { kind: 'malformed' }
    : { kind: 'token', accessToken }
}

export interface ReissueDeps {
  readonly session: Session
  readonly receive: ReceiveToken
  readonly emitter: Emitter
  readonly origins: TrustedOrigins
  readonly reissue: ResolvedHeader | false
  readonly policy: RefreshPolicy
}

/** Adopts the token that is re-issued to a request with the token `carried`, or reports why not. */
export type AdoptReissued = (
  answer: IncomingAnswer<unknown>,
  carried: HeldToken,
  isRefused: boolean
) => void

export function createAdoptReissued(deps: ReissueDeps): AdoptReissued {
  const { session, receive, emitter, origins, reissue, policy } = deps

  function judge(
    answer: IncomingAnswer<unknown>,
    carried: HeldToken,
    isRefused: boolean
  ): ReissueRefusal | undefined {
    const header = readReissuedHeader(reissue, answer.reissuedHeader)
    if (header.kind === 'absent') return undefined
    if (isRefused || answer.status === 401) return 'refused-request'
    if (header.kind === 'malformed') return 'malformed'
    if (!origins.trusts(answer.finalUrl)) return 'untrusted-origin'
    return adopt(header.accessToken, answer, carried)
  }

  function adopt(
    accessToken: string,
    answer: IncomingAnswer<unknown>,
    carried: HeldToken
  ): ReissueRefusal | undefined {
    const previous = session.held()
    // An HTTP cache may repeat the token that is held already. Do not report that.
    if (previous?.accessToken === accessToken) return undefined
    const { refreshToken } = previous ?? carried
    const reissued = { accessToken, refreshToken, expiresInSeconds: undefined, answer: undefined }
    const received = receive({ ...reissued, serverNowMs: undefined }, { isSignIn: false, previous })
    const atMs = parseHttpDate(String(answer.header('Date'))) || undefined
    const isStored = Number(answer.header('Age')) > 0
    const refusal = refuseReissue(received, carried, session, { atMs, isStored })
    if (refusal !== undefined) return refusal
    const refreshAt = keepRefreshAt(previous?.refreshAt, received, policy)
    session.hold({ ...received, serverNowMs: atMs }, refreshAt, { by: 'reissue' })
    return undefined
  }

  return (answer, carried, isRefused) => {
    const refusal = judge(answer, carried, isRefused)
    if (refusal !== undefined) emitter.emit('reissue-refused', { refusal })
  }
}
