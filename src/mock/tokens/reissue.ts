// The re-issue of a token in a response header: when there is one, and how it is written on the answer.

import { withMember } from '../http/cors.ts'
import type { WireResponse } from '../http/message.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { describe, invalid } from '../lib/checks.ts'
import type { MockReissue } from '../options/reissue.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { AccessTokens, IssuedToken } from './access-tokens.ts'
import type { RevocationCheck } from './revocation.ts'
import type { TokenClaims } from './verify.ts'

/** What a header may hold (RFC 9110 §5.5). */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

export interface Reissue {
  /** The token that is to go with the answer to a call with this token, if any. */
  issueFor(kid: string, claims: TokenClaims): Promise<IssuedToken> | undefined
  /** May the new token still follow the one that was shown? Asked once the handler, which takes its time, is done. */
  mayFollow(issued: IssuedToken, kid: string, claims: TokenClaims): boolean
  /** The answer with the token on it. */
  write(response: WireResponse, token: string): WireResponse
}

export interface ReissueDeps {
  readonly rules: Required<MockReissue>
  readonly tokens: AccessTokens
  readonly sessions: Sessions
  readonly ring: KeyRing
  readonly revocation: RevocationCheck
}

export function createReissue(parts: ReissueDeps): Reissue {
  const { rules, tokens, sessions, ring, revocation } = parts
  const write = (token: string): string => {
    const { value } = rules
    if (value === 'bearer') return `Bearer ${token}`
    const written: unknown = value === 'bare' ? token : value(token)
    if (typeof written === 'string' && fieldValue.test(written)) return written
    throw invalid('reissue.value', 'a function that returns a header value', describe(written))
  }
  const isDue = (kid: string) =>
    rules.when === 'always' || (rules.when === 'old-key' && kid !== ring.signing().kid)

  // Asked even where access tokens are never called back: what has ended must not be carried on like this.
  const sessionOf = (kid: string, claims: TokenClaims) =>
    ring.find(kid) === undefined || revocation.refuseSuccessor(claims) !== undefined
      ? undefined
      : sessions.findLive(String(claims.sid))

  return {
    issueFor(kid, claims) {
      const session = sessionOf(kid, claims)
      return session !== undefined && isDue(kid) ? tokens.reissue(session, claims) : undefined
    },

    mayFollow: (issued, kid, claims) =>
      sessionOf(kid, claims) !== undefined && ring.find(issued.kid) !== undefined,

    write(response, token) {
      const exposing = withMember(response.headers, 'Access-Control-Expose-Headers', rules.header)
      const replaced: [string, string][] = [
        [rules.header, write(token)],
        // `*` would not count here: next to credentials it is the name of a header, and it never covers `Authorization`.
        ...(rules.expose ? [['Access-Control-Expose-Headers', exposing] as [string, string]] : []),
        // A cache that keeps this answer would hand the token to whoever asks next.
        ...(rules.cacheable
          ? []
          : ([
              ['Cache-Control', 'no-store'],
              ['Vary', withMember(response.headers, 'Vary', 'Authorization')]
            ] as [string, string][]))
      ]
      const names = replaced.map(([name]) => name.toLowerCase())
      const stored = response.headers.filter(([name]) => !names.includes(name.toLowerCase()))
      return { ...response, headers: [...stored, ...replaced] }
    }
  }
}
