// The WWW-Authenticate header (RFC 9110 §11.6.1), parsed strictly and in one pass: lists, quoted strings, joined headers.

/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string
  /** Its parameters, by their names in lower case, such as `error` and `scope` (RFC 6750 §3). */
  readonly parameters: ReadonlyMap<string, string>
}

/** Longer ones are not read: no server needs as much to say what it wants. */
const longestHeaderCharacters = 8192

// Each is tried at the start of a list element only, and no part of one can match what its neighbour can: what fails,
// fails in one pass.
const comma = /[ \t]*(?:,[ \t]*)*/y
const scheme = /([!#$%&'*+\-.^_`|~\w]+)(?:[ \t]*(?=,|$)| +)/y
const token68 = /[\w\-.~+/]+=*(?=[ \t]*(?:,|$))/y
const parameter =
  /([!#$%&'*+\-.^_`|~\w]+)[ \t]*=[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)|"((?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*)")(?=[ \t]*(?:,|$))/y

/** The challenges in a header; none where it is absent, too long, or breaks the grammar anywhere. */
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
