// Default contract: the backend that the client expects and the mock plays by default.

import type {
  ResolvedEndpoint,
  ResolvedHeader,
  ResolvedLifetime,
  ResolvedLogin,
  ResolvedLogout,
  ResolvedRefresh,
  ResolvedTokens
} from './resolved-contract.ts'

export const defaultHeader: ResolvedHeader = { header: 'Authorization', scheme: 'Bearer' }

export const defaultLifetime: ResolvedLifetime = {
  at: ['expires_in', 'expiresIn'],
  header: undefined,
  unit: 's'
}

export const defaultTokens: ResolvedTokens = {
  accessToken: { in: 'body', paths: ['access_token', 'accessToken'] },
  refreshToken: { in: 'body', paths: ['refresh_token', 'refreshToken'] },
  expiresIn: defaultLifetime
}

export const defaultUserId: readonly string[] = ['sub', 'user_id', 'userId']

const defaultEndpoint: Omit<ResolvedEndpoint, 'path'> = {
  method: 'POST',
  body: 'json',
  fields: {},
  headers: {},
  csrf: undefined,
  cookies: true
}

export const defaultLogin: ResolvedLogin = {
  ...defaultEndpoint,
  path: '/login',
  tokens: defaultTokens,
  credentials: { name: 'email', password: 'password' }
}

export const defaultRefresh: ResolvedRefresh = {
  ...defaultEndpoint,
  path: '/refresh',
  tokens: defaultTokens,
  credential: 'cookie',
  refreshToken: { in: 'field', field: 'refresh_token' },
  idempotencyKey: 'same-origin',
  invalidatesPrevious: false
}

export const defaultLogout: ResolvedLogout = {
  ...defaultEndpoint,
  path: '/logout',
  accessToken: true,
  refreshToken: undefined,
  confirmedBy: undefined
}
