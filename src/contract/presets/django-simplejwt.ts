// Django preset: Django REST framework with Simple JWT.

import type { Preset } from './preset.ts'

/**
 * Django REST framework with Simple JWT 5: its views at the paths of its documentation, and its
 * blacklist app. `baseURL` is the root of the site.
 *
 * - Login takes `username` and `password`, and answers with `access` and `refresh`.
 * - The refresh request presents `refresh` in its JSON body. Refresh tokens may rotate
 *   (`ROTATE_REFRESH_TOKENS`) or stay.
 * - Logout blacklists the refresh token. An answer that the refresh token is not valid also
 *   confirms it. Without the blacklist app, set `logout: false`.
 * - The lifetime is the `exp` of the access token; its `iat` is that of the sign-in. The user is
 *   the claim `user_id`.
 * - The requests send no cookies, because django-cors-headers forbids them by default.
 *
 * @example
 * createAuthClient({ baseURL, contract: djangoSimpleJwt })
 * @example
 * // A user model that signs in by e-mail, and other paths
 * const contract = {
 *   ...djangoSimpleJwt,
 *   login: { ...djangoSimpleJwt.login, path: '/auth/jwt/', credentials: { name: 'email' } }
 * }
 * @see https://django-rest-framework-simplejwt.readthedocs.io/en/latest/getting_started.html
 * @see https://django-rest-framework-simplejwt.readthedocs.io/en/latest/blacklist_app.html
 */
export const djangoSimpleJwt: Preset = {
  login: { path: '/api/token/', credentials: { name: 'username' }, cookies: false },
  refresh: {
    path: '/api/token/refresh/',
    credential: 'refresh-token',
    refreshToken: 'refresh',
    cookies: false
  },
  logout: {
    path: '/api/token/blacklist/',
    accessToken: false,
    cookies: false,
    confirmedBy: [200, { status: 401, body: { code: 'token_not_valid' } }]
  },
  tokens: { accessToken: 'access', refreshToken: 'refresh', expiresIn: false },
  user: { id: 'user_id' }
}
