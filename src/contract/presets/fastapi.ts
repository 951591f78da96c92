// FastAPI preset: the backend of FastAPI's security tutorial.

import type { Preset } from './preset.ts'

/**
 * The backend of FastAPI's tutorial "OAuth2 with Password (and hashing), Bearer with JWT tokens".
 *
 * - Login is a form with `username` and `password`, for `OAuth2PasswordRequestForm`. The field
 *   `grant_type` also suits `OAuth2PasswordRequestFormStrict`.
 * - The backend has no refresh: the session ends with the token, by default after 30 minutes.
 * - The backend has no logout: a sign-out drops the token, which stays valid until it expires.
 * - The lifetime is the `exp` of the token. The user is `sub`.
 * - Login sends no cookies, because `CORSMiddleware` forbids them by default.
 *
 * @example
 * createAuthClient({ baseURL, contract: fastApiTutorial })
 * @example
 * // A backend to which you added a refresh and a logout
 * const contract = {
 *   ...fastApiTutorial,
 *   refresh: { path: '/refresh', credential: 'refresh-token', cookies: false },
 *   logout: { path: '/logout', cookies: false }
 * } satisfies AuthContract
 * @see https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/
 */
export const fastApiTutorial: Preset<false, false> = {
  login: {
    path: '/token',
    body: 'form',
    fields: { grant_type: 'password' },
    credentials: { name: 'username' },
    cookies: false
  },
  refresh: false,
  logout: false,
  tokens: { accessToken: 'access_token', expiresIn: false }
}
