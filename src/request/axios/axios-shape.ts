// Axios shape: gives an `AuthError` that ends an axios request what interceptors read from an axios
// error.

import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios'
import { AuthError, type AuthErrorCode, isAuthError } from '../../lib/errors.ts'
import { hide } from './redact.ts'

/** After these codes, the request is not sent again. */
const finalCodes: readonly AuthErrorCode[] = [
  'ERR_AUTH_SESSION_CHANGED',
  'ERR_AUTH_SESSION_EXPIRED',
  'ERR_AUTH_BODY_SPENT'
]

/**
 * Returns a new `AuthError` for this request, because many requests may wait for one refresh.
 * Returns any other error as it is.
 */
export function toAxiosShape(error: unknown, config: InternalAxiosRequestConfig): unknown {
  if (!isAuthError(error) || axios.isAxiosError(error)) return error
  const shaped = new AuthError(error.code, error.message, error)
  // Hidden as `cause` of a native error is, so that a log shows the code and not the whole config.
  hide(shaped, 'cause', error)
  hide(shaped, 'config', finalCodes.includes(error.code) ? withoutResend(shaped, config) : config)
  hide(shaped, 'isAxiosError', true)
  hide(shaped, 'toJSON', AxiosError.prototype.toJSON)
  return shaped
}

//  app ── POST as A ── wait ── A signs out, B signs in ── ERR_AUTH_SESSION_CHANGED
//  a library that retries errors without a response ── instance(error.config) ── POST as B
//
// So the adapter of this config rejects. A new stream is a new request.
function withoutResend(
  error: AuthError,
  config: InternalAxiosRequestConfig
): InternalAxiosRequestConfig {
  const { adapter = axios.defaults.adapter, data } = config
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, {
    adapter: async (sent: InternalAxiosRequestConfig) => {
      if (error.code !== 'ERR_AUTH_BODY_SPENT' || sent.data === data) throw error
      return axios.getAdapter(adapter, sent)(sent)
    }
  })
}
