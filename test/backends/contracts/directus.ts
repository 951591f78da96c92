// Directus contract: a refresh token in the body, and a sign-out that carries the access token.
import type { AuthContract } from 'everbearer'

/** Directus refuses the sign-out if its access token has expired. The preset sends none. */
export const directusWithGuardedLogout: AuthContract = {
  login: '/auth/login',
  refresh: { path: '/auth/refresh', credential: 'refresh-token' },
  logout: '/auth/logout',
  tokens: {
    accessToken: 'data.access_token',
    refreshToken: 'data.refresh_token',
    expiresIn: { at: 'data.expires', unit: 'ms' }
  },
  user: { id: 'id' }
}
