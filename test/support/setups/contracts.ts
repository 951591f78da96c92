// Contracts: the contract of the client for each credential that the mock server understands.
import type { AuthContract, RefreshContract } from 'everbearer'

interface ByCredential extends AuthContract {
  readonly refresh: RefreshContract
}

/** The OAuth 2 form (RFC 6749 §6). */
export const byRefreshToken: ByCredential = {
  refresh: { credential: 'refresh-token', body: 'form', fields: { grant_type: 'refresh_token' } }
}

export const byAccessToken: ByCredential = { refresh: { credential: 'access-token' } }

export const contractFor: Readonly<
  Record<NonNullable<RefreshContract['credential']>, ByCredential>
> = {
  cookie: { refresh: {} },
  'access-token': byAccessToken,
  'refresh-token': byRefreshToken
}
