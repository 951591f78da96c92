// Strapi preset: the users of the Users & Permissions plugin, with refresh tokens in a cookie.

import type { Preset } from './preset.ts'

/**
 * Strapi 5, as of 5.54, with the Users & Permissions plugin, `jwtManagement: 'refresh'` and
 * `sessions: { httpOnly: true }`. `baseURL` is the root of the server.
 *
 * - Login takes `identifier`, an e-mail address or a user name, and answers with `jwt` and `user`.
 *   Wrong credentials are answered with 400.
 * - A refresh without a cookie is answered 400 `Missing refresh token`; that ends the session too.
 * - Logout requires the access token.
 * - The lifetime is the `exp` of the access token. The user is the claim `userId`.
 *
 * @example
 * createAuthClient({ baseURL, contract: strapi })
 * @example
 * // The setting jwtManagement: 'legacy-support' (default): one token for 30 days
 * const contract = { ...strapi, refresh: false, logout: false } satisfies AuthContract
 * @see https://docs.strapi.io/cms/features/users-permissions
 */
export const strapi: Preset = {
  login: { path: '/api/auth/local', credentials: { name: 'identifier' } },
  refresh: { path: '/api/auth/refresh' },
  logout: { path: '/api/auth/logout' },
  tokens: { accessToken: 'jwt', expiresIn: false },
  refusals: { session: [401, { status: 400, body: { 'error.message': 'Missing refresh token' } }] },
  user: { id: ['userId', 'id'] }
}
