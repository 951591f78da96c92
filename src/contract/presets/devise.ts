// Rails presets: Devise with devise_token_auth, and with devise-jwt.

import type { Preset } from './preset.ts'

/**
 * Rails with devise_token_auth 1.2.1 or newer, mounted at `/auth`, with
 * `config.change_headers_on_each_request = false`.
 *
 * - The token is the value of the header `Authorization`. It contains `access-token`, `client` and
 *   `uid`, so one header carries all three.
 * - Cross-origin, `Authorization` must be in the `expose` list of rack-cors.
 * - The backend has no refresh: a token is valid for two weeks (`token_lifespan`), and the session
 *   ends with the first 401.
 * - Logout is a DELETE. A 404 in the gem's form also confirms it, because then the token is not
 *   valid any more.
 * - The user is the `data` of the login's answer.
 *
 * By default the gem issues a new token with each answer. The client adopts these as re-issued
 * tokens, but parallel requests can then use a token that is already replaced. Set the option to
 * `false`.
 *
 * @example
 * createAuthClient({ baseURL, contract: deviseTokenAuth })
 * @example
 * // Mounted at /api/v1/auth
 * const contract = {
 *   ...deviseTokenAuth,
 *   login: { ...deviseTokenAuth.login, path: '/api/v1/auth/sign_in' },
 *   logout: { ...deviseTokenAuth.logout, path: '/api/v1/auth/sign_out' }
 * } satisfies AuthContract
 * @see https://devise-token-auth.gitbook.io/devise-token-auth/usage
 * @see https://github.com/lynndylanhurley/devise_token_auth/pull/1534
 */
export const deviseTokenAuth: Preset<false> = {
  login: { path: '/auth/sign_in', cookies: false },
  refresh: false,
  logout: {
    method: 'DELETE',
    path: '/auth/sign_out',
    cookies: false,
    confirmedBy: [200, { status: 404, body: { success: false } }]
  },
  tokens: { accessToken: { header: 'Authorization' }, expiresIn: false },
  user: { id: { answer: 'data.id' }, profile: 'data' }
}

/**
 * Rails with Devise and devise-jwt, for the model `User`, with JSON as a navigational format.
 *
 * - Call `login({ user: { email, password } })`, the form of Devise.
 * - The answer holds the token in the header `Authorization`. Cross-origin, that header must be in
 *   the `expose` list of rack-cors.
 * - The backend has no refresh: the session ends with the token, by default after an hour.
 * - Logout is a DELETE that revokes the token.
 * - The lifetime is the `exp` of the token. The user is `sub`.
 *
 * @example
 * createAuthClient({ baseURL, contract: deviseJwt })
 * @example
 * // Devise routes with the path names /login and /logout
 * const contract = {
 *   ...deviseJwt,
 *   login: { ...deviseJwt.login, path: '/login' },
 *   logout: { ...deviseJwt.logout, path: '/logout' }
 * } satisfies AuthContract
 * @see https://github.com/waiting-for-dev/devise-jwt#usage
 */
export const deviseJwt: Preset<false> = {
  login: {
    path: '/users/sign_in',
    credentials: { name: 'user.email', password: 'user.password' },
    cookies: false
  },
  refresh: false,
  logout: { method: 'DELETE', path: '/users/sign_out', cookies: false },
  tokens: { accessToken: { header: 'Authorization' }, expiresIn: false }
}
