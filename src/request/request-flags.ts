// Request flags: the options of one request, as `everbearer` in an axios config or in a fetch init.
import { oneOf, type Reader, record } from '../lib/checks.ts'

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
   * A request with an `Authorization` header set by the caller is sent as it is.
   *
   * @default 'attach'
   */
  readonly accessToken?: 'attach' | 'omit' | 'require' | undefined
  /**
   * Whether the request is sent again after the server refused its token.
   *
   * - `once`: refresh and send the request again, one time.
   * - `never`: refresh for later requests, and return the refusal of this one.
   *
   * @default 'once'
   */
  readonly replay?: 'once' | 'never' | undefined
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** How everbearer treats this request. */
    everbearer?: RequestFlags | undefined
  }
}

interface ResolvedFlags {
  readonly accessToken: 'attach' | 'omit' | 'require'
  readonly replay: 'once' | 'never'
}

const defaultFlags: ResolvedFlags = { accessToken: 'attach', replay: 'once' }

const readFlags: Reader<ResolvedFlags> = record({
  accessToken: oneOf(['attach', 'omit', 'require'], 'attach'),
  replay: oneOf(['once', 'never'], 'once')
} satisfies Record<keyof RequestFlags, Reader<unknown>>)

/** @throws AuthError `ERR_AUTH_INVALID_OPTIONS` */
export function readRequestFlags(given: unknown): ResolvedFlags {
  return given === undefined ? defaultFlags : readFlags(given, 'everbearer')
}
