// Contracts of the client: one for each credential that the mock server understands, and one with
// opaque tokens.
import type { AuthContract, RefreshContract } from 'everbearer'

interface ByCredential extends AuthContract {
  readonly refresh: RefreshContract
}

/** The OAuth 2 form (RFC 6749 §6). */
export const byRefreshToken: ByCredential = {
  refresh: { credential: 'refresh-token', body: 'form', fields: { grant_type: 'refresh_token' } }
}

export const byAccessToken: ByCredential = { refresh: { credential: 'access-token' } }

/** The session ends with its access token. */
export const withoutRefresh: AuthContract = { refresh: false, logout: false }

/** Tokens that name no user to the client. The mock server does not accept them. */
export const opaqueTokens: AuthContract = {
  tokens({ body }) {
    const { access_token, expires_in } = body as { access_token: string; expires_in: number }
    return { access_token: access_token.replaceAll('.', '~'), expires_in }
  }
}

export const contractFor: Readonly<
  Record<NonNullable<RefreshContract['credential']>, ByCredential>
> = {
  cookie: { refresh: {} },
  'access-token': byAccessToken,
  'refresh-token': byRefreshToken
}
