// Token answer: the result of a login, refresh or logout request.

import type { AuthError } from '../../lib/errors.ts'
import { type Answered, readOAuthError } from './answer.ts'

export interface IssuedToken {
  readonly accessToken: string
  /** `undefined` if scripts do not hold it, for example because it is in a cookie. */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number | undefined
  /** The `Date` header of the answer, in milliseconds since the epoch. */
  readonly serverNowMs: number | undefined
  /** The body without the tokens, for `contract.user` and the result of `login()`. */
  readonly answer: unknown
}

export type TokenAnswer =
  | { readonly kind: 'issued'; readonly token: IssuedToken }
  /** An explicit rejection: a retry would not help. */
  | {
      readonly kind: 'rejected'
      /** `undefined` if a function of the contract rejected. */
      readonly status: number | undefined
      readonly oauthError: string | undefined
      /** The body of a rejected login, without the values at the token places. */
      readonly body: unknown
    }
  | UndecidedAnswer

/** No answer, a server error, or an answer without a token. It can be retried. */
export interface UndecidedAnswer {
  readonly kind: 'undecided'
  readonly error: AuthError
  /** A definite answer that says no session exists, or no credential to ask with. */
  readonly meansNoSession: boolean
  /** The server answered with a redirect, which is not followed. */
  readonly wasRedirected: boolean
}

/** The credentials of a session that scripts can read. */
export interface SessionCredential {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
}

export type LogoutAnswer =
  | { readonly kind: 'confirmed' }
  /** The cookie belongs to another session by now, so the sign-out was not repeated. */
  | { readonly kind: 'overtaken' }
  | {
      readonly kind: 'unconfirmed'
      /** The credential for the next try: a refresh may have replaced the one that was given. */
      readonly credential: SessionCredential | undefined
    }

export function undecided(
  error: AuthError,
  meansNoSession = false,
  wasRedirected = false
): UndecidedAnswer {
  return { kind: 'undecided', error, meansNoSession, wasRedirected }
}

export function issued(token: IssuedToken): TokenAnswer {
  return { kind: 'issued', token }
}

/** Without an answer, a function of the contract rejected. */
export function rejected(answer?: Answered, shown?: unknown): TokenAnswer {
  const oauthError = readOAuthError(answer?.body)
  return { kind: 'rejected', status: answer?.response.status, oauthError, body: shown }
}
