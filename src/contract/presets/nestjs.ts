// NestJS presets: the guide of its documentation, and the usual tutorial with refresh tokens.

import type { Preset } from './preset.ts'

/**
 * The backend of the "Authentication" chapter of the NestJS documentation.
 *
 * - Login takes `username` and `password`, and answers with `access_token`.
 * - The backend has no refresh: the session ends with the token, in the guide after 60 seconds.
 * - The backend has no logout: a sign-out drops the token, which stays valid until it expires.
 * - The lifetime is the `exp` of the token. The user is `sub`, a number.
 *
 * @example
 * createAuthClient({ baseURL, contract: nestJsGuide })
 * @example
 * // A refresh by the current token, at the path that you chose
 * const contract = {
 *   ...nestJsGuide,
 *   refresh: { path: '/auth/refresh', credential: 'access-token' }
 * } satisfies AuthContract
 * @see https://docs.nestjs.com/security/authentication
 */
export const nestJsGuide: Preset<false, false> = {
  login: { path: '/auth/login', credentials: { name: 'username' }, cookies: false },
  refresh: false,
  logout: false,
  tokens: { accessToken: 'access_token', expiresIn: false }
}

/**
 * NestJS with passport-jwt and two tokens, as tutorials build it: the refresh token is presented as
 * a Bearer token, and each refresh replaces both tokens.
 *
 * - Login, refresh and logout are POST requests. Login takes `email` and `password`.
 * - Login and refresh answer with `access_token` and `refresh_token`.
 * - A revoked refresh token is answered with 403 `Access Denied`, an expired one with 401.
 * - Logout carries the access token, and revokes the refresh token of the user.
 * - The lifetime is the `exp` of the access token. The user is `sub`, a number.
 *
 * @example
 * createAuthClient({ baseURL, contract: nestJsRefreshTokens })
 * @example
 * // Tokens in camel case, and a refresh with GET
 * const contract = {
 *   ...nestJsRefreshTokens,
 *   refresh: { ...nestJsRefreshTokens.refresh, method: 'GET' },
 *   tokens: { accessToken: 'accessToken', refreshToken: 'refreshToken', expiresIn: false }
 * } satisfies AuthContract
 * @see https://github.com/vladwulf/nestjs-jwts/blob/main/src/auth/auth.controller.ts
 * @see https://docs.nestjs.com/recipes/passport
 */
export const nestJsRefreshTokens: Preset = {
  login: { path: '/auth/local/signin', cookies: false },
  refresh: {
    path: '/auth/refresh',
    credential: 'refresh-token',
    refreshToken: { header: 'Authorization', scheme: 'Bearer' },
    body: 'none',
    cookies: false
  },
  logout: { path: '/auth/logout', refreshToken: false, cookies: false },
  tokens: { accessToken: 'access_token', refreshToken: 'refresh_token', expiresIn: false },
  refusals: { session: [401, { status: 403, body: { message: 'Access Denied' } }] }
}
