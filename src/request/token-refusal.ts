// Token refusal: decides by status and challenges whether an answer refuses the access token.

import { callLater } from '../lib/listeners.ts'

/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string
  /** The parameters by lower-case name, such as `error` and `scope` (RFC 6750 §3). */
  readonly parameters: ReadonlyMap<string, string>
}

/** An answer of the API with a status from 400 to 499, as {@link IsTokenRefusal} receives it. */
export interface ApiAnswer {
  readonly status: number
  /** The challenges of the `WWW-Authenticate` header. Empty if CORS hides it or it is malformed. */
  readonly challenges: readonly Challenge[]
  /**
   * Reads the body. Empty if axios did not read it as text, for example with `responseType`
   * `'stream'` or, in a page, `'blob'`.
   */
  text(): Promise<string>
}

/**
 * Decides whether an answer refuses the access token.
 *
 * @example
 * // This API answers 403 with a text when the token has expired.
 * const isTokenRefusal: IsTokenRefusal = async ({ status, text }) =>
 *   status === 401 || (status === 403 && (await text()).includes('expired token'))
 */
export type IsTokenRefusal = (answer: ApiAnswer) => boolean | Promise<boolean>

/** Whether an answer with a status from 400 to 499 refuses the access token. Never rejects. */
export type Refuses = (answer: {
  readonly status: number
  /** The `WWW-Authenticate` header. */
  challenge(): unknown
  text(): Promise<string>
}) => Promise<boolean>

export function createRefusalRule(isTokenRefusal: IsTokenRefusal | undefined): Refuses {
  return async ({ status, challenge, text }) => {
    const byDefault = status === 401
    if (isTokenRefusal === undefined && !byDefault) return false
    const challenges = parseChallenges(challenge())
    // The token is valid but lacks a scope. A new token would lack it too (RFC 6750 §3.1).
    if (challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')) {
      return false
    }
    if (isTokenRefusal === undefined) return byDefault
    try {
      return Boolean(await isTokenRefusal({ status, challenges, text }))
    } catch (error) {
      callLater(() => {
        throw error
      })
      return byDefault
    }
  }
}

/** A longer header is ignored. Real challenges are far shorter. */
const longestHeaderCharacters = 8192

// Each pattern is tried only at the start of a list element. Adjacent parts of a pattern match
// disjoint characters, so a failing match takes linear time.
const comma = /[ \t]*(?:,[ \t]*)*/y
const scheme = /([!#$%&'*+\-.^_`|~\w]+)(?:[ \t]*(?=,|$)| +)/y
const token68 = /[\w\-.~+/]+=*(?=[ \t]*(?:,|$))/y
const parameter =
  /([!#$%&'*+\-.^_`|~\w]+)[ \t]*=[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)|"((?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*)")(?=[ \t]*(?:,|$))/y

/**
 * Parses the challenges of a header: lists, quoted strings and joined header lines. Returns an
 * empty array if the header is absent, too long, or malformed anywhere.
 */
export function parseChallenges(header: unknown): readonly Challenge[] {
  if (typeof header !== 'string' || header.length > longestHeaderCharacters) return []
  const challenges: Challenge[] = []
  let parameters: Map<string, string> | undefined
  let at = 0

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at
    const match = pattern.exec(header as string)
    if (match !== null) at = pattern.lastIndex
    return match
  }

  function takeParameter(): boolean {
    const [, name = '', token, quoted = ''] = take(parameter) ?? []
    if (name === '' || parameters === undefined || parameters.has(name.toLowerCase())) return false
    parameters.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, '$1'))
    return true
  }

  for (take(comma); at < header.length; take(comma)) {
    const start = at
    if (takeParameter()) continue
    const [, name] = at === start ? (take(scheme) ?? []) : []
    if (name === undefined) return []
    parameters = new Map()
    challenges.push({ scheme: name.toLowerCase(), parameters })
    const isBare = at === header.length || header[at] === ','
    if (isBare || takeParameter()) continue
    if (take(token68) === null) return []
    parameters = undefined
  }
  return challenges
}
