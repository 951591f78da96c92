// Laravel preset: API tokens of Laravel Sanctum.

import type { Preset } from './preset.ts'

/**
 * Laravel 11 to 13 with API tokens of Sanctum 4, issued as its documentation shows for mobile apps.
 * `baseURL` ends with `/api`. For a page on the domain of the API, Sanctum advises session cookies
 * instead; then this client has nothing to do.
 *
 * - The answer of login is the token itself, such as `3|Wq1…`, as text.
 * - Login sends `device_name`, which names the token.
 * - The backend has no refresh. By default tokens do not expire (`sanctum.expiration`), so the
 *   session ends with the first 401.
 * - Logout is `POST /logout` behind `auth:sanctum`. It must delete the token:
 *   `$request->user()->currentAccessToken()->delete()`.
 * - Laravel refuses a request with a redirect unless it has `Accept: application/json`. The client
 *   and axios send that; add it to requests with `auth.fetch`.
 * - The requests send no cookies (`supports_credentials` is off by default).
 *
 * @example
 * createAuthClient({ baseURL, contract: laravelSanctum })
 * @example
 * // A login that answers { token }, and a logout with DELETE
 * const contract = {
 *   ...laravelSanctum,
 *   login: { ...laravelSanctum.login, tokens: { accessToken: 'token', expiresIn: false } },
 *   logout: { ...laravelSanctum.logout, method: 'DELETE' }
 * } satisfies AuthContract
 * @see https://laravel.com/docs/sanctum#mobile-application-authentication
 */
export const laravelSanctum: Preset<false> = {
  login: { path: '/sanctum/token', fields: { device_name: 'web' }, cookies: false },
  refresh: false,
  logout: { path: '/logout', cookies: false },
  tokens: { accessToken: { body: 'text' }, expiresIn: false }
}
