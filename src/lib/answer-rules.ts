// Answer rules: decides whether an answer matches the rules of the contract, and whether it comes
// from a proxy or a firewall instead of the backend.

import type { AnswerPattern, AnswerTest, Challenge } from '../contract/answer-rules.ts'
import type { ResolvedRules } from '../contract/resolved-contract.ts'
import { parseChallenges } from './challenges.ts'
import { AuthError, isAuthError } from './errors.ts'
import { parseJson, readPath } from './json-path.ts'
import { report } from './listeners.ts'
import type { ClientPlatform } from './time.ts'

/** An answer of an auth endpoint or of the API. */
export interface AnswerSource {
  readonly status: number
  /** A header by its name, in any case. */
  header(name: string): unknown
  text(): Promise<string>
}

/** Whether an answer with this status can match. If not, its body need not be read. */
export function mayMatch(rules: ResolvedRules, status: number): boolean {
  return typeof rules === 'function' || rules.some((rule) => hasStatus(rule, status))
}

/** Rejects with what a function of the contract throws. */
export async function matchesRules(rules: ResolvedRules, answer: AnswerSource): Promise<boolean> {
  if (!mayMatch(rules, answer.status)) return false
  if (typeof rules === 'function') return askTest(rules, answer)
  for (const rule of rules) {
    if (await matchesPattern(rule, answer)) return true
  }
  return false
}

/**
 * Whether an answer matches the rules of the contract. If a function of the contract throws or
 * takes too long, the default decides, and the error counts as uncaught. Never rejects.
 */
export type Decide = (
  rules: ResolvedRules,
  answer: AnswerSource,
  byDefault: () => boolean | Promise<boolean>
) => Promise<boolean>

export function createDecide({ wait }: Pick<ClientPlatform, 'wait'>, timeoutMs: number): Decide {
  return async (rules, answer, byDefault) => {
    const matching = matchesRules(rules, answer)
    try {
      return await (typeof rules === 'function'
        ? wait(matching, { deadlineMs: timeoutMs, onTimeout: () => unsettled(timeoutMs) })
        : matching)
    } catch (error) {
      if (!isAuthError(error, 'ERR_AUTH_DISPOSED')) report(error)
      return byDefault()
    }
  }
}

function unsettled(timeoutMs: number): never {
  const message = `A function of contract.refusals did not settle within ${timeoutMs} ms, so the default decided.`
  throw new AuthError('ERR_AUTH_TIMEOUT', message)
}

async function askTest(test: AnswerTest, answer: AnswerSource): Promise<boolean> {
  return Boolean(
    await test({
      status: answer.status,
      challenges: parseChallenges(answer.header('WWW-Authenticate')),
      text: () => answer.text(),
      json: async () => parseJson(await answer.text())
    })
  )
}

async function matchesPattern(rule: AnswerPattern, answer: AnswerSource): Promise<boolean> {
  if (!hasStatus(rule, answer.status)) return false
  const { challenge, text, body } = rule
  if (
    challenge !== undefined &&
    !hasChallenge(parseChallenges(answer.header('WWW-Authenticate')), challenge)
  ) {
    return false
  }
  if (text === undefined && body === undefined) return true
  const received = await answer.text()
  if (text !== undefined && !received.includes(text)) return false
  return body === undefined || hasValues(parseJson(received), body)
}

function hasStatus({ status }: AnswerPattern, received: number): boolean {
  return status === undefined || [status].flat().includes(received)
}

function hasChallenge(
  challenges: readonly Challenge[],
  expected: Readonly<Record<string, string>>
): boolean {
  return challenges.some(({ scheme, parameters }) =>
    Object.entries(expected).every(([name, value]) =>
      name === 'scheme'
        ? scheme === value.toLowerCase()
        : parameters.get(name.toLowerCase()) === value
    )
  )
}

function hasValues(body: unknown, expected: NonNullable<AnswerPattern['body']>): boolean {
  return Object.entries(expected).every(([path, value]) => {
    const received = readPath(body, path)
    const isObject = typeof received === 'object' && received !== null
    return !isObject && received !== undefined && String(received) === String(value)
  })
}

/**
 * Whether the headers show that an answer comes from a proxy or a firewall.
 *
 * @param scheme the scheme of the access token
 */
export function hasForeignHeaders(
  { header }: Pick<AnswerSource, 'header'>,
  scheme: string
): boolean {
  if (typeof header('Retry-After') === 'string') return true
  const challenge = header('WWW-Authenticate')
  if (typeof challenge !== 'string' || challenge === '') return false
  const schemes = parseChallenges(challenge).map((one) => one.scheme)
  // A malformed header still begins with a scheme.
  const named = schemes.length > 0 ? schemes : [challenge.split(/[ ,]/, 1)[0]?.toLowerCase()]
  return !named.includes('bearer') && !named.includes(scheme.toLowerCase())
}

/** Laravel, Flask and Express label any text as HTML, so the body decides. */
export function isMarkup(text: string): boolean {
  return text.trimStart().startsWith('<')
}

/** Whether a rule names more than a status. It then also matches an answer from elsewhere. */
export function isExplicit({ body, text, challenge }: AnswerPattern): boolean {
  return body !== undefined || text !== undefined || challenge !== undefined
}
