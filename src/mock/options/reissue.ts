// Re-issue options: how answers to protected calls carry a new access token or refuse a bad one.
import { describe, flag, invalid, matching, oneOf, tokenPattern } from '../lib/checks.ts'
import { type OptionTable, readTable, type SettingsOf } from './option-table.ts'

/** How the answer to a protected call carries a new access token. */
export interface MockReissue {
  /**
   * When an answer carries a new token:
   *
   * - `old-key`: if the token of the request was signed by a key that no longer signs
   * - `always`: on every protected answer
   * - `never`: on no answer, like a server without re-issue
   *
   * Default `old-key`.
   */
  readonly when?: 'old-key' | 'always' | 'never'
  /** Name of the header, in upper and lower case as it is sent. Default `Authorization`. */
  readonly header?: string
  /**
   * Value of the header:
   *
   * - `bearer`: `Bearer` and the token (RFC 6750 §2.1)
   * - `bare`: the token alone
   * - a function: returns the value for a token. Use it for custom formats or wrong values
   *
   * Default `bearer`.
   */
  readonly value?: 'bearer' | 'bare' | ((token: string) => string)
  /**
   * Whether `Access-Control-Expose-Headers` lists the header. Without it a page of another origin
   * cannot read the token; servers often forget it. Default `true`.
   */
  readonly expose?: boolean
  /**
   * Whether a cache may store an answer that carries a token. With `false` the answer has
   * `Cache-Control: no-store` and `Vary: Authorization`. With `true` it has only the headers of
   * your handler, like an answer of a server that forgot them. Default `false`.
   */
  readonly cacheable?: boolean
}

export interface MockReissueOptions {
  /** How answers to protected calls carry a new access token. */
  readonly reissue?: MockReissue
  /**
   * Status of the answer to an invalid access token. `401` includes the challenge of RFC 6750 §3.
   * `403` has no challenge and the description `Invalid or expired token`, as many servers send.
   * A missing token is always answered 401. Default 401.
   */
  readonly invalidTokenStatus?: 401 | 403
}

export type ReissueSettings = SettingsOf<
  MockReissueOptions,
  { readonly reissue: Required<MockReissue> }
>

const headerOptions: OptionTable<Required<MockReissue>> = {
  when: (name, value = 'old-key') => oneOf(name, value, ['old-key', 'always', 'never']),
  header: (name, value = 'Authorization') =>
    matching(name, value, tokenPattern, 'a header name (RFC 9110 §5.1)'),
  value: (name, value = 'bearer') => readHeaderValue(name, value),
  expose: (name, value = true) => flag(name, value),
  cacheable: (name, value = false) => flag(name, value)
}

export const reissueOptions: OptionTable<ReissueSettings> = {
  reissue: (name, value = {}) => readTable(name, value, headerOptions),
  invalidTokenStatus: (name, value = 401) => readStatus(name, value)
}

function readHeaderValue(name: string, value: unknown): Required<MockReissue>['value'] {
  if (typeof value === 'function') return value as (token: string) => string
  if (value === 'bearer' || value === 'bare') return value
  throw invalid(name, "'bearer', 'bare' or a function", describe(value))
}

function readStatus(name: string, status: unknown): 401 | 403 {
  if (status === 401 || status === 403) return status
  throw invalid(name, '401 or 403', describe(status))
}
