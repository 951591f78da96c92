// Endpoints: wires the guard, the refusals and the endpoints for the contract.

import { createCredentialReader, type ReadCredential } from '../http/bearer.ts'
import { type CsrfCookies, createCsrfCookies } from '../http/csrf-cookie.ts'
import { createRefreshCookie, type RefreshCookie } from '../http/refresh-cookie.ts'
import { createRefusals } from '../http/refusals.ts'
import type { KeyRegistry } from '../keys/registry.ts'
import type { MockSettings } from '../options/server.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens, IssuedTokens } from '../tokens/access-tokens.ts'
import { createReissue } from '../tokens/reissue.ts'
import { createRevocationCheck } from '../tokens/revocation.ts'
import { createTokenVerifier } from '../tokens/verify.ts'
import { type AuthEndpoints, createAuthEndpoints } from './auth-endpoints.ts'
import { createGuard, type Guard } from './guard.ts'
import { createReadEndpoints, type ReadEndpoints } from './read-endpoints.ts'
import { createRefreshCredential } from './refresh-credential.ts'

export interface Endpoints {
  readonly guard: Guard
  readonly auth: AuthEndpoints
  readonly read: ReadEndpoints
  readonly cookie: RefreshCookie
  readonly csrf: CsrfCookies
  /** Reads the access token of a request. */
  readonly readCredential: ReadCredential
}

export interface EndpointsDeps {
  readonly settings: MockSettings
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly issuedTokens: IssuedTokens
  readonly registry: Pick<KeyRegistry, 'ring' | 'lookUpKeys'>
  readonly now: () => number
}

export function createEndpoints({
  settings,
  users,
  sessions,
  tokens,
  issuedTokens,
  registry: { ring, lookUpKeys },
  now
}: EndpointsDeps): Endpoints {
  const { contract, issuer } = settings
  const { login, refresh, logout, attach } = contract
  const cookie = createRefreshCookie({ cookieName: settings.cookieName, cookie: settings.cookie })
  const csrf = createCsrfCookies({
    pairs: [login, refresh, logout].map((endpoint) => (endpoint ? endpoint.csrf : undefined)),
    cookie: settings.cookie
  })
  const readCredential = createCredentialReader(attach)
  const refusals = createRefusals({
    rules: contract.refusals,
    scheme: attach.scheme || 'Bearer',
    sessionStatus: refresh && refresh.credential === 'refresh-token' ? 400 : 401
  })
  const revocation = createRevocationCheck({
    users,
    sessions,
    issuedTokens,
    revocation: settings.revocation
  })
  const guard = createGuard({
    readCredential,
    verify: createTokenVerifier({
      lookUpKeys,
      clockToleranceSeconds: settings.clockToleranceSeconds,
      hasNumericSubjects: settings.users.some(({ id }) => typeof id === 'number'),
      now
    }),
    revocation,
    reissue: createReissue({
      settings: settings.reissue,
      header: contract.reissue,
      requestHeader: attach.header,
      tokens,
      sessions,
      ring,
      revocation
    }),
    refuse: refusals.token
  })
  const credential = createRefreshCredential({
    contract,
    cookie,
    identify: guard.identify,
    revocation
  })
  return {
    guard,
    auth: createAuthEndpoints({
      contract,
      users,
      sessions,
      tokens,
      issuedTokens,
      cookie,
      csrf,
      credential,
      refusals,
      now
    }),
    read: createReadEndpoints({
      users,
      ring,
      issuer,
      jwksMaxAgeSeconds: settings.jwksMaxAgeSeconds
    }),
    cookie,
    csrf,
    readCredential
  }
}
