// Re-issue options: when answers to protected calls carry a new access token, and mistakes in it.
import { describe, flag, invalid, oneOf } from '../lib/checks.ts'
import { type OptionTable, readTable, type SettingsOf } from '../lib/option-table.ts'

/** How the answer to a protected call carries a new access token, in the contract's header. */
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
  /**
   * Returns the value of the header for a token. Use it for wrong values, since the contract
   * describes the right one. Default: the scheme of `contract.reissue`, and the token.
   */
  readonly value?: (token: string) => string
  /**
   * Whether `Access-Control-Expose-Headers` lists the header. Without it a page of another origin
   * cannot read the token; servers often forget it. Default `true`.
   */
  readonly expose?: boolean
  /**
   * Whether a cache may store an answer that carries a token. With `false` the answer has
   * `Cache-Control: no-store`, and `Vary` with the request header of the token. With `true` it has
   * only the headers of your handler, like an answer of a server that forgot them. Default `false`.
   */
  readonly cacheable?: boolean
}

export interface MockReissueOptions {
  /** How answers to protected calls carry a new access token. */
  readonly reissue?: MockReissue
}

export type ReissueSettings = SettingsOf<MockReissueOptions, { readonly reissue: ReissueHeader }>

/** The validated options of a re-issue. `value` is `undefined` if the contract decides. */
export type ReissueHeader = SettingsOf<
  MockReissue,
  { readonly value: MockReissue['value'] | undefined }
>

const headerOptions: OptionTable<ReissueHeader> = {
  when: (name, value = 'old-key') => oneOf(name, value, ['old-key', 'always', 'never']),
  value: (name, value) => (value === undefined ? undefined : readHeaderValue(name, value)),
  expose: (name, value = true) => flag(name, value),
  cacheable: (name, value = false) => flag(name, value)
}

export const reissueOptions: OptionTable<ReissueSettings> = {
  reissue: (name, value = {}) => readTable(name, value, headerOptions)
}

function readHeaderValue(name: string, value: unknown): (token: string) => string {
  if (typeof value === 'function') return value as (token: string) => string
  throw invalid(name, 'a function, because the contract has the header', describe(value))
}
