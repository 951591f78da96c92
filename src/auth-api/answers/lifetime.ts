// Lifetime: reads how long a token lives from a number, a duration or a date.

import type { LifetimeUnit } from '../../contract/tokens.ts'
import { parseHttpDate } from './retry-after.ts'

/** Seconds per unit, by the words that libraries write. */
const units: readonly (readonly [words: RegExp, seconds: number])[] = [
  [/^(ms|msecs?|milliseconds?)$/, 0.001],
  [/^(s|secs?|seconds?)$/, 1],
  [/^(m|mins?|minutes?)$/, 60],
  [/^(h|hrs?|hours?)$/, 3600],
  [/^(d|days?)$/, 86_400],
  [/^(w|weeks?)$/, 604_800],
  [/^(y|yrs?|years?)$/, 31_557_600]
]

/**
 * The lifetime in seconds; `undefined` if the value is unreadable.
 *
 * @param nowMs the time to which a date refers, by the clock that wrote it
 */
export function parseLifetime(
  value: unknown,
  unit: LifetimeUnit,
  nowMs: number
): number | undefined {
  const seconds =
    typeof value === 'string' && value.length <= 64
      ? parseText(value.trim(), unit, nowMs)
      : parseNumber(value, unit, nowMs)
  return Number.isFinite(seconds) ? seconds : undefined
}

/**
 * A new token lives longer than these seconds. A date that leaves less shows that the device's
 * clock is wrong, and milliseconds that are less are probably seconds.
 *
 * @param nowMs the device's clock; `undefined` if the date refers to that of the server
 */
export function leastLifetime(
  value: unknown,
  unit: LifetimeUnit,
  nowMs: number | undefined
): number {
  const isDate =
    nowMs !== undefined &&
    parseLifetime(value, unit, nowMs) !== parseLifetime(value, unit, nowMs - 1000)
  if (isDate) return 5
  return unit === 'ms' ? 1 : 0
}

function parseText(text: string, unit: LifetimeUnit, nowMs: number): number {
  const [, amount, word = ''] = /^(\d+(?:\.\d+)?) *([a-z]*)$/i.exec(text) ?? []
  if (amount === undefined) return (parseDate(text) - nowMs) / 1000
  if (word === '') return parseNumber(Number(amount), unit, nowMs)
  const found = units.find(([words]) => words.test(word.toLowerCase()))
  return Number(amount) * (found?.[1] ?? Number.NaN)
}

/** A number can be a time since the epoch if it would be a lifetime of more than 30 years. */
function parseNumber(value: unknown, unit: LifetimeUnit, nowMs: number): number {
  if (typeof value !== 'number') return Number.NaN
  if (value >= 1e12) return (value - nowMs) / 1000
  if (unit === 'ms') return value / 1000
  return value >= 1e9 ? value - nowMs / 1000 : value
}

/** An HTTP-date, or an ISO date. Without a time zone it is in UTC. */
function parseDate(text: string): number {
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)\d*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
      text
    ) ?? []
  if (day === undefined) return parseHttpDate(text)
  return Date.parse(`${day}T${time}${zone.toUpperCase().replace(/(\d\d)(\d\d)$/, '$1:$2')}`)
}
