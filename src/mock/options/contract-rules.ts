// Contract rules: reads the answer rules of an auth contract, and picks those the mock can write.
import type { AnswerPattern } from '../../contract/answer-rules.ts'
import { canWrite } from '../http/rule-answer.ts'
import { describe, dictionary, invalid, isRecord, list, text } from '../lib/checks.ts'
import { type OptionTable, type Reader, readTable } from '../lib/option-table.ts'
import { functionRefused } from './contract-functions.ts'
import { readPath } from './contract-places.ts'

/** The rules that the mock can write, in order. Never empty. */
export type WritableRules = readonly [AnswerPattern, ...AnswerPattern[]]

/** Reads rules. `undefined`: the default decides. */
export function readRules(
  name: string,
  value: unknown,
  example = '{ status: 401 }',
  readOne: Reader<AnswerPattern> = readRule
): WritableRules | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'function') throw functionRefused(name, 'invert a function', example)
  const rules = Array.isArray(value) ? list(name, value, readOne) : [readOne(name, value)]
  if (rules.length === 0) throw invalid(name, 'at least one rule', describe(value))
  const [first, ...others] = rules.filter(canWrite)
  if (first !== undefined) return [first, ...others]
  const expectation = `a rule that the mock can write, such as ${example}`
  throw invalid(name, expectation, describe(value))
}

/** Reads rules that must not match every success. */
export const readRefusals: Reader<WritableRules | undefined> = (name, value) =>
  readRules(name, value, undefined, readRefusal)

function readRefusal(name: string, value: unknown): AnswerPattern {
  const rule = readRule(name, value)
  const isOnlyStatus = [rule.body, rule.text, rule.challenge].every((part) => part === undefined)
  const success = [rule.status ?? []].flat().find((status) => status >= 200 && status <= 299)
  if (!isOnlyStatus || success === undefined) return rule
  const expectation =
    'a rule with a body, a text or a challenge, because every success has this status'
  throw invalid(name, expectation, describe(success))
}

const pattern: OptionTable<AnswerPattern> = {
  status: (name, value) => (value === undefined ? undefined : readStatus(name, value)),
  body: (name, value) => (value === undefined ? undefined : readBody(name, value)),
  text: (name, value) => (value === undefined ? undefined : text(name, value)),
  challenge: (name, value) =>
    value === undefined ? undefined : dictionary(name, value, isText, 'a string')
}

function readBody(name: string, value: unknown): NonNullable<AnswerPattern['body']> {
  const body = dictionary(name, value, isJsonValue, 'a string, a number, a boolean or null')
  for (const path of Object.keys(body)) readPath(name, path)
  return body
}

function readRule(name: string, value: unknown): AnswerPattern {
  if (typeof value !== 'number' && !isRecord(value)) {
    throw invalid(name, 'a status or a pattern such as { status: 401 }', describe(value))
  }
  const rule = readTable(name, typeof value === 'number' ? { status: value } : value, pattern)
  const parts = Object.values(rule).filter((part) => part !== undefined)
  const isEmpty = (part: unknown) => Object.keys(Object(part)).length === 0
  if (parts.length > 0 && !parts.some(isEmpty)) return rule
  // An empty pattern would match every answer.
  const expectation = 'a pattern with a status, body, text or challenge'
  throw invalid(name, expectation, 'an empty one')
}

function readStatus(name: string, value: unknown): readonly number[] {
  const statuses: readonly unknown[] = [value].flat()
  for (const status of statuses) {
    const isStatus = Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 999
    if (!isStatus) throw invalid(name, 'a status from 100 to 999', describe(status))
  }
  return statuses as readonly number[]
}

function isJsonValue(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
