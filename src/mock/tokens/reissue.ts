// Re-issue: decides whether an answer carries a new access token, and writes it into a header.

import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { withMember } from '../http/cors-and-csrf.ts'
import type { WireResponse } from '../http/message.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { fieldValuePattern, invalid, shapeOf } from '../lib/checks.ts'
import type { ReissueHeader } from '../options/reissue.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { AccessTokens, IssuedToken } from './access-tokens.ts'
import type { RevocationCheck } from './revocation.ts'
import type { TokenClaims } from './verify.ts'

export interface Reissue {
  /** The new token for the answer to a call with this token; `undefined` if none is due. */
  issueFor(kid: string, claims: TokenClaims): Promise<IssuedToken> | undefined
  /** Whether the new token may still be sent. Ask again after the handler, which takes time. */
  mayStillSend(issued: IssuedToken, kid: string, claims: TokenClaims): boolean
  /** Adds the token to a response. */
  write(response: WireResponse, token: string): WireResponse
}

export interface ReissueDeps {
  readonly settings: ReissueHeader
  /** The header of the answer. `false`: tokens are not re-issued. */
  readonly header: ResolvedHeader | false
  /** The request header that carries an access token. */
  readonly requestHeader: string
  readonly tokens: AccessTokens
  readonly sessions: Sessions
  readonly ring: KeyRing
  readonly revocation: RevocationCheck
}

export function createReissue({
  settings,
  header: format,
  requestHeader,
  tokens,
  sessions,
  ring,
  revocation
}: ReissueDeps): Reissue {
  const { value, expose, cacheable } = settings
  const { header, scheme } = format || { header: '', scheme: '' }
  const when = format === false ? 'never' : settings.when

  function isDue(kid: string): boolean {
    return when === 'always' || (when === 'old-key' && kid !== ring.signing().kid)
  }

  // The session of a token that may be replaced. The token is looked up even if revocation is
  // `short-lived`: re-issues must not extend an ended session.
  function reissuableSession(kid: string, claims: TokenClaims): Session | undefined {
    const isRefused =
      ring.find(kid) === undefined || revocation.refuseSuccessor(claims) !== undefined
    return isRefused ? undefined : sessions.findLive(String(claims.sid))
  }

  function headerValueFor(token: string): string {
    if (value === undefined) return scheme === '' ? token : `${scheme} ${token}`
    const written: unknown = value(token)
    if (typeof written === 'string' && fieldValuePattern.test(written)) return written
    const expectation = 'a function that returns a header value (RFC 9110 §5.5)'
    // Not `describe`: the value contains the token.
    throw invalid('reissue.value', expectation, `a function that returned ${shapeOf(written)}`)
  }

  return {
    issueFor(kid, claims) {
      const session = reissuableSession(kid, claims)
      return session !== undefined && isDue(kid) ? tokens.reissue(session, claims) : undefined
    },

    mayStillSend: (issued, kid, claims) =>
      reissuableSession(kid, claims) !== undefined && ring.find(issued.kid) !== undefined,

    write(response, token) {
      const added: [name: string, value: string][] = [[header, headerValueFor(token)]]
      if (expose) {
        // Not `*`: with credentials it is an ordinary name, and it never covers `Authorization`.
        const exposed = withMember(response.headers, 'Access-Control-Expose-Headers', header)
        added.push(['Access-Control-Expose-Headers', exposed])
      }
      if (!cacheable) {
        // A cache would send the token to the next client.
        added.push(['Cache-Control', 'no-store'])
        added.push(['Vary', withMember(response.headers, 'Vary', requestHeader)])
      }
      const names = added.map(([name]) => name.toLowerCase())
      const kept = response.headers.filter(([name]) => !names.includes(name.toLowerCase()))
      return { ...response, headers: [...kept, ...added] }
    }
  }
}
