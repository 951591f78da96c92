// Logout request: ends a session on the server, with a refreshed access token if that is needed.

import type { RefreshContext } from '../contract/endpoints.ts'
import type { ResolvedContract, ResolvedLogout } from '../contract/resolved-contract.ts'
import type { Platform } from '../lib/platform.ts'
import type { Answered } from './answers/answer.ts'
import type { AnswerMeaning } from './answers/answer-meaning.ts'
import type {
  IssuedToken,
  LogoutAnswer,
  SessionCredential,
  TokenAnswer,
  UndecidedAnswer
} from './answers/token-answer.ts'
import { logoutByApp } from './app-functions.ts'
import type { Carried, SendAuthRequest } from './auth-request.ts'
import type { Endpoints } from './endpoints.ts'
import type { Notices } from './notices.ts'

export interface LogoutDeps {
  readonly contract: Pick<ResolvedContract, 'refresh' | 'logout' | 'attach'>
  readonly endpoints: Pick<Endpoints, 'resolve'>
  readonly trusts: (url: string) => boolean
  readonly send: SendAuthRequest
  readonly refresh: (context: RefreshContext) => Promise<TokenAnswer>
  readonly meaning: AnswerMeaning
  readonly notices: Notices | undefined
  readonly platform: Pick<Platform, 'randomId'>
}

/**
 * Whether the credential, or the token that the server issued for its repetition, still belongs to
 * the ended session. A sign-in replaces the cookie.
 */
type MayRepeat = (refreshed?: IssuedToken) => boolean

export type Logout = (
  credential: SessionCredential | undefined,
  signal: AbortSignal,
  mayRepeat?: MayRepeat
) => Promise<LogoutAnswer>

export function createLogout(deps: LogoutDeps): Logout {
  const { contract, endpoints, trusts, send, refresh, meaning, notices, platform } = deps

  async function logout(
    given: SessionCredential | undefined,
    signal: AbortSignal,
    mayRepeat: MayRepeat = () => true
  ): Promise<LogoutAnswer> {
    const { logout: endpoint } = contract
    // Own properties, because `Object.prototype` may be polluted.
    const credential = given ?? { accessToken: undefined, refreshToken: undefined }
    const unconfirmed: LogoutAnswer = { kind: 'unconfirmed', credential: given }
    if (endpoint === false) return { kind: 'confirmed' }
    if (typeof endpoint === 'function') {
      const { accessToken, refreshToken } = credential
      const isConfirmed = await logoutByApp(endpoint, { accessToken, refreshToken, signal })
      return isConfirmed ? { kind: 'confirmed' } : unconfirmed
    }
    const holdsToken = (credential.accessToken ?? credential.refreshToken) !== undefined
    if ((!holdsToken || isWithheld(endpoint)) && !isIdentifiedByCookie(endpoint)) return unconfirmed
    const answer = await post(endpoint, credential, signal, mayRepeat)
    if (answer.kind === 'undecided') return unconfirmed
    if (await meaning.confirmsLogout(answer)) return { kind: 'confirmed' }
    const carriesToken = endpoint.accessToken && trusts(endpoints.resolve('logout', endpoint))
    if (carriesToken && (await meaning.refusesToken(answer))) {
      return repeatWithNewToken(endpoint, credential, signal, mayRepeat)
    }
    notices?.logoutUnconfirmed(answer)
    return unconfirmed
  }

  /** Otherwise a request without a token would end no session. */
  function isIdentifiedByCookie({ cookies }: ResolvedLogout): boolean {
    const { refresh: endpoint } = contract
    return cookies && (typeof endpoint !== 'object' || endpoint.credential === 'cookie')
  }

  /**
   * The refresh token goes to another origin than that of refresh only if the contract says so, or
   * if the origin is trusted.
   */
  function isWithheld(endpoint: ResolvedLogout): boolean {
    const { refresh: source } = contract
    // The default is the carrier of refresh itself; see `readLogout`.
    if (typeof source !== 'object' || endpoint.refreshToken !== source.refreshToken) return false
    const url = endpoints.resolve('logout', endpoint)
    return (
      new URL(url).origin !== new URL(endpoints.resolve('refresh', source)).origin && !trusts(url)
    )
  }

  /** The new token serves the sign-out only. It never becomes part of the session. */
  async function repeatWithNewToken(
    endpoint: ResolvedLogout,
    ended: SessionCredential,
    signal: AbortSignal,
    mayRepeat: MayRepeat
  ): Promise<LogoutAnswer> {
    if (!mayRepeat()) return { kind: 'overtaken' }
    const idempotencyKey = platform.randomId()
    const refreshed = await refresh({ ...ended, signal, idempotencyKey })
    if (refreshed.kind === 'rejected') return { kind: 'confirmed' }
    if (refreshed.kind === 'undecided') return { kind: 'unconfirmed', credential: ended }
    if (!mayRepeat(refreshed.token)) return { kind: 'overtaken' }
    const { accessToken, refreshToken = ended.refreshToken } = refreshed.token
    const credential = { accessToken, refreshToken }
    const answer = await post(endpoint, credential, signal, mayRepeat)
    if (answer.kind === 'answered') {
      if (await meaning.confirmsLogout(answer)) return { kind: 'confirmed' }
      notices?.logoutUnconfirmed(answer)
    }
    return { kind: 'unconfirmed', credential }
  }

  /** Without an answer, the quota for requests that outlive the page may have been full. */
  async function post(
    endpoint: ResolvedLogout,
    { accessToken, refreshToken }: SessionCredential,
    signal: AbortSignal,
    mayRepeat: MayRepeat
  ): Promise<Answered | UndecidedAnswer> {
    const url = endpoints.resolve('logout', endpoint)
    const mayCarry = endpoint.accessToken && trusts(url)
    const carried: Carried[] = [
      [{ in: 'header', ...contract.attach }, mayCarry ? accessToken : undefined]
    ]
    if (endpoint.refreshToken && !isWithheld(endpoint)) {
      carried.unshift([endpoint.refreshToken, refreshToken])
    }
    const request = { endpoint, url, fields: {}, carried }
    const answer = await send({ ...request, keepalive: true }, signal)
    if (answer.kind === 'answered' || signal.aborted || !mayRepeat()) return answer
    return send({ ...request, keepalive: false }, signal)
  }

  return logout
}
