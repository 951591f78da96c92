// App functions: calls the functions of the contract that replace an auth request.

import type {
  AuthRequestContext,
  LoginFunction,
  LogoutFunction,
  RefreshContext,
  RefreshFunction
} from '../contract/endpoints.ts'
import { AuthError, isAuthError } from '../lib/errors.ts'
import { orError } from './answers/read-token.ts'
import {
  type IssuedToken,
  issued,
  rejected,
  type TokenAnswer,
  undecided
} from './answers/token-answer.ts'

/** Reads the tokens of a function's result. Throws an `AuthError`. */
type Read = (result: unknown, source: string) => IssuedToken

/** Rejects with the error of the function, which reaches the caller of `login()`. */
export async function loginByApp(
  login: LoginFunction,
  credentials: object,
  context: AuthRequestContext,
  read: Read
): Promise<TokenAnswer> {
  const source = 'contract.login'
  return issued(read(await login(credentials, context), source))
}

/** Never rejects. The app's errors may hold secrets, so they are not passed on. */
export async function refreshByApp(
  refresh: RefreshFunction,
  context: RefreshContext,
  read: Read
): Promise<TokenAnswer> {
  const source = 'contract.refresh'
  let result: unknown
  try {
    result = await refresh(context)
  } catch (error) {
    return isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')
      ? rejected()
      : undecided(
          new AuthError(
            'ERR_AUTH_SERVER_ERROR',
            `${source} failed. The session is kept and the refresh will be retried.`
          )
        )
  }
  const token = orError(() => read(result, source))
  return token instanceof AuthError ? undecided(token) : issued(token)
}

/** Whether the function confirms the sign-out. Never rejects. */
export async function logoutByApp(
  logout: LogoutFunction,
  context: AuthRequestContext
): Promise<boolean> {
  try {
    return (await logout(context)) !== false
  } catch {
    return false
  }
}
