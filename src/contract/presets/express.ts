// Express presets: two usual tutorials with jsonwebtoken.

import type { Preset } from './preset.ts'

/**
 * Express with jsonwebtoken, as tutorials build it: the access token in JSON, the refresh token in
 * an HttpOnly cookie named `jwt`.
 *
 * - Login is `POST /auth` with the fields `user` and `pwd`, and answers with `accessToken`.
 * - Refresh and logout are GET requests.
 * - An invalid or expired token is refused with 403, a missing one with 401. The refresh endpoint
 *   answers in the same way.
 * - The lifetime is the `exp` of the access token. The user is `UserInfo.username`.
 *
 * @example
 * createAuthClient({ baseURL, contract: expressCookie })
 * @example
 * // POST requests below /auth, with other field names
 * const contract = {
 *   ...expressCookie,
 *   login: { path: '/auth', credentials: { name: 'username' } },
 *   refresh: { path: '/auth/refresh', method: 'GET' },
 *   logout: { path: '/auth/logout' }
 * } satisfies AuthContract
 * @see https://github.com/gitdagray/nodejs_jwt_auth
 */
export const expressCookie: Preset = {
  login: { path: '/auth', credentials: { name: 'user', password: 'pwd' } },
  refresh: { path: '/refresh', method: 'GET' },
  logout: { path: '/logout', method: 'GET', accessToken: false },
  tokens: { accessToken: 'accessToken', expiresIn: false },
  refusals: { accessToken: [403, 401], session: [403, 401] },
  user: { id: 'UserInfo.username' }
}

/**
 * Express with two signing keys during a key rotation: one signs, both verify. A token of the old
 * key is answered with a new token in the header `Authorization`.
 *
 * - `POST /refresh-token` presents the current access token. There is no refresh token, so a page
 *   load starts signed out.
 * - An invalid or expired token is refused with 403 `Invalid or expired token`, a missing one with
 *   401. The refresh endpoint answers in the same way.
 * - Cross-origin, `Access-Control-Expose-Headers` must list `Authorization`.
 * - The lifetime is the `exp` of the token. The user is the claim `id`.
 *
 * @example
 * createAuthClient({ baseURL, contract: expressKeyRotation })
 * @example
 * // New tokens in a header of their own
 * const contract = {
 *   ...expressKeyRotation,
 *   reissue: { header: 'X-New-Token' }
 * } satisfies AuthContract
 * @see https://jwtsecretkeygenerator.com/blog/jwt-secret-key-rotation
 */
export const expressKeyRotation: Preset = {
  login: { path: '/login', cookies: false },
  refresh: { path: '/refresh-token', credential: 'access-token', cookies: false },
  logout: { path: '/logout', cookies: false },
  tokens: { accessToken: ['token', 'accessToken'], expiresIn: false },
  reissue: { header: 'Authorization', scheme: 'Bearer' },
  refusals: {
    accessToken: [{ status: 403, text: 'Invalid or expired token' }, 401],
    session: [{ status: 403, text: 'Invalid or expired token' }, 401]
  },
  user: { id: 'id' }
}
