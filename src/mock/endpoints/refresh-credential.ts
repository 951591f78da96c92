// Refresh credential: reads the sessions that auth requests name, by the refresh cookie, the
// refresh token or the access token.

import type { ResolvedCarrier } from '../../contract/resolved-contract.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { createCredentialReader } from '../http/bearer.ts'
import type { Decision, WireRequest } from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import type { MockContract } from '../options/contract.ts'
import type { RevocationCheck } from '../tokens/revocation.ts'
import { factsOf, type Verification } from '../tokens/verify.ts'
import type { Guard } from './guard.ts'
import type { Fields } from './request-shape.ts'

/** The credential that a refresh presents. */
type Presented =
  /** Several if other servers have set cookies of the same name. The first known one counts. */
  | { readonly kind: 'refresh-tokens'; readonly tokens: readonly string[] }
  /** A valid access token of the server itself: its session, and the facts for the call log. */
  | { readonly kind: 'session'; readonly sid: string; readonly facts: Decision['facts'] }
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'refused'
      readonly reason: TokenRefusal
      readonly facts: Decision['facts']
    }

export interface RefreshCredential {
  /** How the server sends the refresh token, if it uses one. */
  readonly carrier: 'cookie' | 'answer' | 'none'
  read(request: WireRequest, fields: Fields): Promise<Presented>
  /** The refresh tokens that a login presents. Their sessions end. */
  readPrevious(request: WireRequest, fields: Fields): readonly string[]
  /** The refresh tokens that a logout presents. */
  readEnded(request: WireRequest, fields: Fields): readonly string[]
  /** The access token that a logout presents. `undefined`: the contract has none there. */
  readShown(request: WireRequest): Promise<Verification | undefined>
  /** Whether a logout has no other credential than the access token. */
  readonly isLogoutGuarded: boolean
}

export interface RefreshCredentialDeps {
  readonly contract: Pick<MockContract, 'refresh' | 'logout'>
  readonly cookie: RefreshCookie
  readonly identify: Guard['identify']
  readonly revocation: Pick<RevocationCheck, 'refuseSuccessor'>
}

type ReadTokens = (request: WireRequest, fields: Fields) => readonly string[]

const nothing: ReadTokens = () => []

export function createRefreshCredential({
  contract: { refresh, logout },
  cookie,
  identify,
  revocation
}: RefreshCredentialDeps): RefreshCredential {
  const kind = refresh === false ? undefined : refresh.credential
  const isCookie = kind === 'cookie'
  const carried = refresh === false || kind !== 'refresh-token' ? undefined : refresh.refreshToken
  const readTokens = isCookie ? (request: WireRequest) => cookie.read(request) : readerOf(carried)
  const readEnded = isCookie || logout === false ? readTokens : readerOf(logout.refreshToken)
  const isShown = logout !== false && logout.accessToken

  async function readAccessToken(request: WireRequest): Promise<Presented> {
    const result = await identify(request)
    if (result.kind === 'refused') return { ...result, kind: 'refused' }
    const { kid, claims, isOwn } = result
    const facts = factsOf(kid, claims)
    // The guard accepts a trusted issuer's token, but its session is not ours to extend.
    const reason = isOwn ? revocation.refuseSuccessor(claims) : 'wrong_issuer'
    return reason === undefined
      ? { kind: 'session', sid: String(claims.sid), facts }
      : { kind: 'refused', reason, facts }
  }

  return {
    carrier: isCookie ? 'cookie' : kind === 'refresh-token' ? 'answer' : 'none',

    async read(request, fields) {
      if (kind === 'access-token') return readAccessToken(request)
      const tokens = readTokens(request, fields)
      return tokens.length === 0 ? { kind: 'nothing' } : { kind: 'refresh-tokens', tokens }
    },

    readPrevious: readTokens,
    readEnded,

    readShown: async (request) => (isShown ? identify(request) : undefined),
    isLogoutGuarded: isShown && readEnded === nothing
  }
}

/** Reads the refresh token from a field or a header. */
function readerOf(carrier: ResolvedCarrier | undefined): ReadTokens {
  if (carrier === undefined) return nothing
  if (carrier.in === 'field') {
    return (_request, { [carrier.field]: token }) =>
      typeof token === 'string' && token !== '' ? [token] : []
  }
  const readHeader = createCredentialReader(carrier)
  return (request) => {
    const credential = readHeader(request)
    return credential.kind === 'token' ? [credential.token] : []
  }
}
