// Answer rules: patterns of status, body and challenge that give an answer its meaning.

/**
 * Rules of which one must match. A number is a status. A function decides itself; if it throws, the
 * default decides and the error is reported as uncaught.
 *
 * @example
 * [401, { status: 200, body: { 'errors.0.extensions.code': 'UNAUTHENTICATED' } }]
 */
export type AnswerRules = AnswerRule | readonly AnswerRule[] | AnswerTest

export type AnswerRule = number | AnswerPattern

/** A pattern matches if each part that it has matches. */
export interface AnswerPattern {
  /**
   * The status, or several of which one must match.
   *
   * @default any status
   */
  readonly status?: number | readonly number[] | undefined
  /**
   * Values that the JSON body must hold, by dotted path; a number in a path is an index. A value
   * matches its own text, so `401` matches `"401"`.
   *
   * @default any body
   * @example { 'error.code': 'token_expired' }
   */
  readonly body?: Readonly<Record<string, string | number | boolean | null>> | undefined
  /**
   * A text that the body must contain.
   *
   * @default any body
   */
  readonly text?: string | undefined
  /**
   * Parameters that one challenge of `WWW-Authenticate` must have (RFC 9110 §11.6.1); `scheme`
   * stands for its scheme.
   *
   * @default any challenge, or none
   * @example { scheme: 'Bearer', error: 'invalid_token' }
   */
  readonly challenge?: Readonly<Record<string, string>> | undefined
}

/** Decides about an answer. */
export type AnswerTest = (answer: ReceivedAnswer) => boolean | Promise<boolean>

/** An answer, as the function of a rule receives it. */
export interface ReceivedAnswer {
  readonly status: number
  /** The challenges of `WWW-Authenticate`. Empty if CORS hides the header or it is malformed. */
  readonly challenges: readonly Challenge[]
  /**
   * Reads the body. Empty if axios did not read it as text, for example with `responseType`
   * `'stream'`.
   */
  text(): Promise<string>
  /** Reads the body as JSON; `undefined` if it is not JSON. */
  json(): Promise<unknown>
}

/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string
  /** The parameters by lower-case name, such as `error` and `scope` (RFC 6750 §3). */
  readonly parameters: ReadonlyMap<string, string>
}
