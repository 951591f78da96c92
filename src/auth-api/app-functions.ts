// App functions: calls the functions of the contract that replace an auth request.

import type {
  AuthRequestContext,
  LoginFunction,
  LogoutFunction,
  RefreshContext,
  RefreshFunction
} from '../contract/endpoints.ts'
import { AuthError, isAuthError } from '../lib/errors.ts'
import { orAborted } from '../lib/time.ts'
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
  const result = await settle(() => login(credentials, context), context.signal, source)
  return issued(read(result, source))
}

/** Never rejects. The app's errors may hold secrets, so they are not passed on. */
export async function refreshByApp(
  refresh: RefreshFunction,
  context: RefreshContext,
  read: Read
): Promise<TokenAnswer> {
  const { signal } = context
  const source = 'contract.refresh'
  let result: unknown
  try {
    result = await settle(() => refresh(context), signal, source)
  } catch (error) {
    if (signal.aborted) return undecided(timedOut(source))
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
    return (await settle(() => logout(context), context.signal, 'contract.logout')) !== false
  } catch {
    return false
  }
}

async function settle<Result>(
  call: () => Promise<Result>,
  signal: AbortSignal,
  source: string
): Promise<Result> {
  try {
    return await orAborted(call(), signal)
  } catch (error) {
    throw signal.aborted ? timedOut(source) : error
  }
}

function timedOut(source: string): AuthError {
  return new AuthError('ERR_AUTH_TIMEOUT', `${source} did not settle in time.`)
}
