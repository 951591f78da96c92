// Directus presets: the refresh token in a cookie, or in JSON.

import type { Refusals } from '../auth-contract.ts'
import type { TokenPlaces } from '../tokens.ts'
import type { Preset } from './preset.ts'

const tokens: TokenPlaces = {
  accessToken: 'data.access_token',
  refreshToken: 'data.refresh_token',
  expiresIn: { at: 'data.expires', unit: 'ms' }
}
const refusals: Refusals = {
  accessToken: [401, { status: 403, body: { 'errors.0.extensions.code': 'INVALID_TOKEN' } }],
  session: [401, { status: 400, body: { 'errors.0.extensions.code': 'INVALID_PAYLOAD' } }]
}

/**
 * Directus 11 and 12 in the mode `cookie`: an access token in JSON, and the refresh token in
 * an HttpOnly cookie. The mode `session` keeps both in cookies, so this client has nothing to do.
 *
 * - The answers are wrapped in `data`. `expires` is in milliseconds.
 * - A refresh without a cookie is answered 400 `INVALID_PAYLOAD`; that ends the session too.
 * - A token with a wrong signature is refused with 403 `INVALID_TOKEN`.
 * - Logout sends no access token, because Directus refuses the request if that token has expired.
 * - The user is the claim `id`.
 *
 * Cross-site, the cookie needs `REFRESH_TOKEN_COOKIE_SAME_SITE=none` and
 * `REFRESH_TOKEN_COOKIE_SECURE=true`.
 *
 * @example
 * createAuthClient({ baseURL, contract: directusCookie })
 * @example
 * // The users of an LDAP provider
 * const contract = {
 *   ...directusCookie,
 *   login: {
 *     ...directusCookie.login,
 *     path: '/auth/login/ldap',
 *     credentials: { name: 'identifier' }
 *   }
 * } satisfies AuthContract
 * @see https://directus.io/docs/guides/auth/email-login
 * @see https://directus.io/docs/guides/auth/tokens-cookies
 */
export const directusCookie: Preset = {
  login: { path: '/auth/login', fields: { mode: 'cookie' } },
  refresh: { path: '/auth/refresh', fields: { mode: 'cookie' } },
  logout: { path: '/auth/logout', fields: { mode: 'cookie' }, accessToken: false },
  tokens,
  refusals,
  user: { id: 'id' }
}

/**
 * Directus 11 and 12 in the mode `json`: both tokens are in JSON, and each refresh replaces
 * both. The rest is as in {@link directusCookie}, which keeps the refresh token away from scripts.
 *
 * @example
 * createAuthClient({ baseURL, contract: directusJson })
 * @example
 * // Without cookies, for an API with `CORS_CREDENTIALS=false`
 * const contract = {
 *   ...directusJson,
 *   login: { ...directusJson.login, cookies: false },
 *   refresh: { ...directusJson.refresh, cookies: false },
 *   logout: { ...directusJson.logout, cookies: false }
 * } satisfies AuthContract
 * @see https://directus.io/docs/guides/auth/email-login
 */
export const directusJson: Preset = {
  login: { path: '/auth/login', fields: { mode: 'json' } },
  refresh: { path: '/auth/refresh', fields: { mode: 'json' }, credential: 'refresh-token' },
  logout: { path: '/auth/logout', fields: { mode: 'json' }, accessToken: false },
  tokens,
  refusals,
  user: { id: 'id' }
}
