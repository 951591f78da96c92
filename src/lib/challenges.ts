// Challenges: parses the `WWW-Authenticate` header (RFC 9110 §11.6.1).

import type { Challenge } from '../contract/answer-rules.ts'

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
