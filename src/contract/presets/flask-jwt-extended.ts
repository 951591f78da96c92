// Flask preset: Flask-JWT-Extended with the refresh token in a cookie.

import type { Preset } from './preset.ts'

const csrf = { cookie: 'csrf_refresh_token', header: 'X-CSRF-TOKEN' }

/**
 * Flask-JWT-Extended 4 with `JWT_TOKEN_LOCATION = ["headers", "cookies"]`. Login returns
 * `access_token` in JSON, and sets the refresh token with `set_refresh_cookies()`.
 *
 * - Login takes `username` and `password`.
 * - Refresh and logout are behind `@jwt_required(refresh=True)`. They repeat the cookie
 *   `csrf_refresh_token` in the header `X-CSRF-TOKEN` (`JWT_COOKIE_CSRF_PROTECT`).
 * - The page can read that cookie only on the host of the API, or with `JWT_COOKIE_DOMAIN`.
 * - Logout is a DELETE that revokes the refresh token and calls `unset_jwt_cookies()`.
 * - Logout carries no access token: Flask-JWT-Extended would read that instead of the cookie.
 * - A token with another signature is refused with 422. `Fresh token required` is not about
 *   expiry, so it reaches the caller.
 * - The lifetime is the `exp` of the access token.
 *
 * @example
 * createAuthClient({ baseURL, contract: flaskJwtExtended })
 * @example
 * // A login by e-mail, and a blueprint at /auth
 * const contract = {
 *   ...flaskJwtExtended,
 *   login: { path: '/auth/login' },
 *   refresh: { ...flaskJwtExtended.refresh, path: '/auth/refresh' },
 *   logout: { ...flaskJwtExtended.logout, path: '/auth/logout' }
 * }
 * @see https://flask-jwt-extended.readthedocs.io/en/stable/token_locations.html
 * @see https://flask-jwt-extended.readthedocs.io/en/stable/blocklist_and_token_revoking.html
 */
export const flaskJwtExtended: Preset = {
  login: { path: '/login', credentials: { name: 'username' } },
  refresh: { path: '/refresh', csrf },
  logout: { method: 'DELETE', path: '/logout', csrf, accessToken: false },
  tokens: { accessToken: 'access_token', expiresIn: false },
  refusals: {
    accessToken: [401, { status: 422, body: { msg: 'Signature verification failed' } }],
    unrelated: { body: { msg: 'Fresh token required' } },
    session: [401, 422]
  }
}
