// Request flags: the options of one request, as `everbearer` in an axios config or in a fetch init.
import { flag, oneOf, own, type Reader, record } from '../lib/checks.ts'

/**
 * The options of one request: `{ everbearer: { … } }` in its axios config, in the defaults of an
 * axios instance, or in the second argument of `auth.fetch`. An unknown name or value rejects the
 * request with `ERR_AUTH_INVALID_OPTIONS`.
 *
 * @example
 * await auth.axios.get('/me', { everbearer: { accessToken: 'require' } })
 */
export interface RequestFlags {
  /**
   * Whether the request carries the access token.
   *
   * - `attach`: it does if the user is signed in and the origin of the URL is trusted.
   * - `omit`: it does not, and a 401 does not cause a refresh.
   * - `require`: it must; otherwise the request is not sent. It rejects with
   *   `ERR_AUTH_NOT_AUTHENTICATED` if the user is not signed in. It rejects with
   *   `ERR_AUTH_INVALID_OPTIONS` if the origin is not trusted or the mode is `no-cors`.
   *
   * A request is sent as it is if the caller set the header that carries the token (`attach` of the
   * contract, by default `Authorization`).
   *
   * @default 'attach'
   */
  readonly accessToken?: 'attach' | 'omit' | 'require' | undefined
  /**
   * The reaction of the client to an answer that refuses the token.
   *
   * - `replay`: refresh, and send the request again with the new token, at most eight times.
   * - `refresh`: refresh for later requests, and return the refusal of this one.
   * - `ignore`: return the refusal. It is not about the token, for example if a form for a new
   *   password sends a wrong current one.
   *
   * @default 'replay'
   */
  readonly onRefusal?: 'replay' | 'refresh' | 'ignore' | undefined
  /**
   * Whether the app sends the request without the user, such as a poll. A background request does
   * not restart the limit `idlePolicy.signOutAfterSeconds`. Set it in the config or in the defaults
   * of the instance: an interceptor that axios runs after ours sets it too late.
   *
   * @default false
   */
  readonly background?: boolean | undefined
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** How everbearer treats this request. */
    everbearer?: RequestFlags | undefined
  }
}

export interface ResolvedFlags {
  readonly accessToken: 'attach' | 'omit' | 'require'
  readonly onRefusal: 'replay' | 'refresh' | 'ignore'
  readonly background: boolean
}

const defaultFlags: ResolvedFlags = {
  accessToken: 'attach',
  onRefusal: 'replay',
  background: false
}

const readFlags: Reader<ResolvedFlags> = record(
  {
    accessToken: oneOf('attach', 'omit', 'require'),
    onRefusal: oneOf('replay', 'refresh', 'ignore'),
    background: flag
  } satisfies Record<keyof RequestFlags, Reader<unknown>>,
  defaultFlags
)

/** @throws AuthError `ERR_AUTH_INVALID_OPTIONS` */
export function readRequestFlags(given: unknown): ResolvedFlags {
  return given === undefined ? defaultFlags : readFlags(given, 'everbearer')
}

/** Read when the request begins, which is before all its flags are known. Never throws. */
export function isBackground(given: unknown): boolean {
  return typeof given === 'object' && given !== null && own(given, 'background' as never) === true
}
