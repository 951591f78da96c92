// What a single request may ask for: one key, `everbearer`, in axios's config and in the init of `auth.fetch`.
import { oneOf, type Reader, record } from '../lib/checks.ts'

/**
 * What one request asks of everbearer, as `{ everbearer: { … } }` in its axios config (or in an instance's defaults), or
 * in the second argument of `auth.fetch`. An unknown name or value rejects the request with `ERR_AUTH_INVALID_OPTIONS`.
 */
export interface RequestFlags {
  /**
   * `attach`: the access token goes along where somebody is signed in and the origin is trusted. `omit`: it stays at
   * home, and a 401 refreshes nothing. `require`: the request is not sent without it, but rejected with
   * `ERR_AUTH_NOT_AUTHENTICATED` where nobody is signed in, or `ERR_AUTH_INVALID_OPTIONS` where the origin is not trusted
   * or the mode is `no-cors`.
   * An `Authorization` header of the caller's own goes before all of it.
   * @default 'attach'
   */
  readonly accessToken?: 'attach' | 'omit' | 'require' | undefined
  /**
   * What becomes of a request whose token the server refused. `once`: it is sent again with a new token, one time.
   * `never`: the session is renewed for the requests to come, and this one gets its refusal.
   * @default 'once'
   */
  readonly replay?: 'once' | 'never' | undefined
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** What this request asks of everbearer. */
    everbearer?: RequestFlags | undefined
  }
}

export interface ResolvedFlags {
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
