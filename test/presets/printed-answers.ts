// Printed answers: what the documentation or the source of each backend says that it answers.
import type { WireResponse } from 'everbearer/mock'
import { jwt } from '../support/tokens.ts'
import type { PresetName } from './rows.ts'

export interface PrintedAnswers {
  /** The answer to a sign-in with this token. */
  readonly login?: (token: string) => WireResponse
  /** The access token of a sign-in. By default it is a JWT with the claims of `claims`. */
  readonly token?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** `getState().user` after the sign-in. By default the claims. */
  readonly user?: unknown
  readonly wrongPassword?: WireResponse
  /** The answer of the API to an invalid or expired token. */
  readonly tokenRefused: WireResponse
  /** The answer to an invalid or expired credential of a refresh. */
  readonly sessionOver?: WireResponse
  /** The answer to a refresh without a cookie. */
  readonly visitor?: WireResponse
  readonly loggedOut?: WireResponse
}

const endsAt = Date.parse('2026-01-01T00:15:00Z') / 1000
const bearer: [string, string] = ['WWW-Authenticate', 'Bearer']
const drf: [string, string] = ['WWW-Authenticate', 'Bearer realm="api"']
const directusError = (status: number, code: string, message: string) =>
  json(status, { errors: [{ message, extensions: { code } }] })
const strapiError = (status: number, name: string, message: string) =>
  json(status, { data: null, error: { status, name, message, details: {} } })
const nest = (statusCode: number, message: string, error?: string) =>
  json(statusCode, { message, ...(error === undefined ? {} : { error }), statusCode })
const directus: PrintedAnswers = {
  claims: { id: 'a7c1', role: 'r1', app_access: true, admin_access: false, iss: 'directus' },
  login: (access_token) =>
    json(200, { data: { expires: 900_000, refresh_token: 'Xp2tTNAdLYfn', access_token } }),
  wrongPassword: directusError(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.'),
  tokenRefused: directusError(401, 'TOKEN_EXPIRED', 'Token expired.'),
  sessionOver: directusError(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.'),
  loggedOut: empty(204)
}
const devise = { id: 1, email: 'ada@example.com', provider: 'email', uid: 'ada@example.com' }
const deviseToken = Buffer.from(
  JSON.stringify({ 'access-token': 'wwwww', 'token-type': 'Bearer', client: 'xxxxx', uid: 'ada' })
).toString('base64')

export const printedAnswers: Readonly<Record<PresetName, PrintedAnswers>> = {
  deviseJwt: {
    claims: { sub: '1', scp: 'user', aud: null },
    login: (token) => json(200, devise, [['Authorization', `Bearer ${token}`]]),
    wrongPassword: json(401, { error: 'Invalid Email or password.' }),
    tokenRefused: json(401, { error: 'Signature has expired' }),
    loggedOut: empty(204)
  },
  deviseTokenAuth: {
    token: deviseToken,
    user: devise,
    login: (token) =>
      json(200, { data: devise }, [
        ['access-token', 'wwwww'],
        ['token-type', 'Bearer'],
        ['client', 'xxxxx'],
        ['expiry', String(endsAt)],
        ['uid', 'ada@example.com'],
        ['Authorization', `Bearer ${token}`]
      ]),
    wrongPassword: json(401, {
      success: false,
      errors: ['Invalid login credentials. Please try again.']
    }),
    tokenRefused: json(401, { errors: ['You need to sign in or sign up before continuing.'] }),
    loggedOut: json(404, { success: false, errors: ['User was not found or was not logged in.'] })
  },
  directusCookie: {
    ...directus,
    login: (access_token) => json(200, { data: { expires: 900_000, access_token } }),
    visitor: directusError(
      400,
      'INVALID_PAYLOAD',
      'Invalid payload. The refresh token is required in either the payload or cookie.'
    )
  },
  directusJson: {
    ...directus,
    tokenRefused: directusError(403, 'INVALID_TOKEN', 'Invalid token.')
  },
  djangoSimpleJwt: {
    claims: { token_type: 'access', user_id: 7 },
    login: (access) => json(200, { refresh: 'eyJ.refresh.x', access }),
    wrongPassword: json(401, { detail: 'No active account found with the given credentials' }, [
      drf
    ]),
    tokenRefused: json(
      401,
      {
        detail: 'Given token not valid for any token type',
        code: 'token_not_valid',
        messages: [
          { token_class: 'AccessToken', token_type: 'access', message: 'Token is expired' }
        ]
      },
      [drf]
    ),
    sessionOver: json(401, { detail: 'Token is blacklisted', code: 'token_not_valid' }, [drf]),
    loggedOut: json(401, { detail: 'Token is expired', code: 'token_not_valid' }, [drf])
  },
  expressCookie: {
    claims: { UserInfo: { username: 'ada', roles: [2001] } },
    login: (accessToken) => json(200, { accessToken }),
    wrongPassword: text(401, 'Unauthorized'),
    tokenRefused: text(403, 'Forbidden'),
    sessionOver: text(403, 'Forbidden'),
    visitor: text(401, 'Unauthorized'),
    loggedOut: empty(204)
  },
  expressKeyRotation: {
    claims: { id: 1, email: 'ada@example.com' },
    login: (token) => json(200, { token }),
    tokenRefused: json(403, { message: 'Invalid or expired token' }),
    sessionOver: json(403, { message: 'Invalid or expired token' })
  },
  fastApiTutorial: {
    claims: { sub: 'johndoe' },
    login: (access_token) => json(200, { access_token, token_type: 'bearer' }),
    wrongPassword: json(401, { detail: 'Incorrect username or password' }, [bearer]),
    tokenRefused: json(401, { detail: 'Could not validate credentials' }, [bearer])
  },
  flaskJwtExtended: {
    claims: { sub: 'ada', type: 'access', fresh: false, csrf: 'c1' },
    login: (access_token) => json(200, { access_token }),
    wrongPassword: json(401, { msg: 'Bad username or password' }),
    tokenRefused: json(422, { msg: 'Signature verification failed' }),
    sessionOver: json(401, { msg: 'Token has been revoked' }),
    visitor: json(401, { msg: 'Missing cookie "refresh_token_cookie"' }),
    loggedOut: json(200, { msg: 'Refresh token revoked' })
  },
  laravelSanctum: {
    token: '3|Wq1YbVtPnJ4sKx0ZcR8dLmT2uHf6oGiEaC9N7eBy',
    user: undefined,
    login: (token) => text(200, token, 'text/html; charset=UTF-8'),
    wrongPassword: json(422, {
      message: 'The provided credentials are incorrect.',
      errors: { email: ['The provided credentials are incorrect.'] }
    }),
    tokenRefused: json(401, { message: 'Unauthenticated.' }),
    loggedOut: empty(204)
  },
  nestJsGuide: {
    claims: { sub: 1, username: 'john' },
    login: (access_token) => json(200, { access_token }),
    wrongPassword: nest(401, 'Unauthorized'),
    tokenRefused: nest(401, 'Unauthorized')
  },
  nestJsRefreshTokens: {
    claims: { sub: 1, email: 'ada@example.com' },
    login: (access_token) => json(200, { access_token, refresh_token: 'eyJ.refresh.x' }),
    wrongPassword: nest(403, 'Access Denied', 'Forbidden'),
    tokenRefused: nest(401, 'Unauthorized'),
    sessionOver: nest(403, 'Access Denied', 'Forbidden'),
    loggedOut: text(200, 'true', 'application/json; charset=utf-8')
  },
  oauth2PublicClient: {
    tokenRefused: json(401, {}, [['WWW-Authenticate', 'Bearer error="invalid_token"']]),
    sessionOver: json(400, { error: 'invalid_grant', error_description: 'Token is not active' }),
    loggedOut: empty(200)
  },
  strapi: {
    claims: { userId: '1', sessionId: 's1', type: 'access' },
    login: (token) => json(200, { jwt: token, user: { id: 1, username: 'ada' } }),
    wrongPassword: strapiError(400, 'ValidationError', 'Invalid identifier or password'),
    tokenRefused: strapiError(401, 'UnauthorizedError', 'Missing or invalid credentials'),
    sessionOver: strapiError(401, 'UnauthorizedError', 'Invalid refresh token'),
    visitor: strapiError(400, 'BadRequestError', 'Missing refresh token'),
    loggedOut: json(200, { ok: true })
  }
}

/** The access token of the printed sign-in. */
export function tokenOf({ token, claims = {} }: PrintedAnswers): string {
  return token ?? jwt({ ...claims, exp: endsAt })
}

function json(status: number, body: unknown, headers: [string, string][] = []): WireResponse {
  return text(status, JSON.stringify(body), 'application/json', headers)
}

function text(
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  headers: [string, string][] = []
): WireResponse {
  return { status, headers: [['Content-Type', type], ...headers], setCookies: [], body }
}

function empty(status: number): WireResponse {
  return { status, headers: [], setCookies: [], body: '' }
}
