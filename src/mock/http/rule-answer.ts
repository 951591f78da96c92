// Rule answer: writes an answer that matches a rule of the contract.

import type { AnswerPattern } from '../../contract/answer-rules.ts'
import { fieldValuePattern, tokenPattern } from '../lib/checks.ts'
import { buildBody, findOverlap } from '../lib/json-body.ts'
import { json, noContent, type WireResponse } from './message.ts'

/** The answer without a rule. A rule replaces the parts that it names. */
export interface UsualAnswer {
  readonly status: number
  /** The members of its JSON body. `undefined`: it has no body. */
  readonly members: Readonly<Record<string, string>> | undefined
  /** The challenge. It is sent with status 401 only. */
  readonly challenge: string | undefined
}

/** Whether the mock can write an answer that matches the rule. */
export function canWrite(rule: AnswerPattern): boolean {
  return writeRule(rule, { status: 401, members: {}, challenge: undefined }) !== undefined
}

/** Every part is an own member: a polluted `Object.prototype` adds none. */
const emptyRule: AnswerPattern = {
  status: undefined,
  body: undefined,
  text: undefined,
  challenge: undefined
}

/** The answer for a rule that `canWrite` accepts; the usual one without a rule. */
export function writeAnswer(rule: AnswerPattern | undefined, usual: UsualAnswer): WireResponse {
  return writeRule(rule ?? emptyRule, usual) ?? noContent()
}

/** The status of the answer. */
export function statusOf(rule: AnswerPattern, usual: number): number | undefined {
  const hasBody = rule.body !== undefined || rule.text !== undefined
  const statuses = rule.status === undefined ? [usual, 200] : [rule.status].flat()
  return statuses.find((status) => isSent(status) && !(hasBody && isBodiless(status)))
}

function writeRule(rule: AnswerPattern, usual: UsualAnswer): WireResponse | undefined {
  const status = statusOf(rule, usual.status)
  const body = writeBody(rule, usual)
  const challenge = rule.challenge === undefined ? undefined : writeChallenge(rule.challenge)
  const isPossible = rule.challenge === undefined || challenge !== undefined
  if (status === undefined || body === undefined || !isPossible) return undefined
  const shown = challenge ?? (status === 401 ? usual.challenge : undefined)
  const headers: [string, string][] = shown === undefined ? [] : [['WWW-Authenticate', shown]]
  const isEmpty = isBodiless(status) || (body === '' && usual.members === undefined)
  if (isEmpty) return noContent([['Cache-Control', 'no-store'], ...headers], status)
  return typeof body === 'object' ? json(status, body, headers) : plain(status, body, headers)
}

/** The body: an object is sent as JSON, and a string as text. */
function writeBody(
  { body, text }: AnswerPattern,
  { members }: UsualAnswer
): object | string | undefined {
  if (body !== undefined && findOverlap(Object.keys(body)) !== undefined) return undefined
  const json = body === undefined ? (members ?? {}) : Object(buildBody(Object.entries(body)))
  const holdsText = (value: unknown) => JSON.stringify(value).includes(text ?? '')
  if (text === undefined) return body === undefined && members === undefined ? '' : json
  if (holdsText(json)) return json
  // The text stands in the usual description, or in a member that the rule does not name.
  const isUsual = body === undefined && members?.error_description !== undefined
  const name = isUsual ? 'error_description' : freeName(Object.keys(json))
  const extended = { ...json, [name]: text }
  if (!Array.isArray(json) && holdsText(extended)) return extended
  return body === undefined ? text : undefined
}

function freeName(taken: readonly string[]): string {
  const names = ['message', 'detail', 'error_description', 'text']
  return names.find((name) => !taken.includes(name)) ?? `${taken[0]}_text`
}

function plain(status: number, body: string, headers: [string, string][]): WireResponse {
  const type: [string, string] = ['Content-Type', 'text/plain;charset=utf-8']
  return {
    status,
    headers: [type, ['Cache-Control', 'no-store'], ...headers],
    setCookies: [],
    body
  }
}

/** `undefined` if a header cannot hold the challenge. */
function writeChallenge(challenge: Readonly<Record<string, string>>): string | undefined {
  const { scheme = 'Bearer', ...parameters } = challenge
  const entries = Object.entries(parameters)
  const isValid =
    tokenPattern.test(scheme) &&
    entries.every(([name, value]) => tokenPattern.test(name) && fieldValuePattern.test(value))
  if (!isValid) return undefined
  const written = entries.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`)
  return [scheme, written.join(', ')].filter((part) => part !== '').join(' ')
}

/** Whether a client receives this status. It follows redirects, and 1xx is not an answer. */
function isSent(status: number): boolean {
  return (status >= 200 && status <= 299) || (status >= 400 && status <= 599)
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205
}
