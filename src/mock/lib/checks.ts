// Option checks: each returns a valid value, or throws a TypeError that names the option.
//
// The messages share one grammar: `Option x: expected y; received z.` for an option of
// `createMockAuthServer`, `method(): x: expected y; received z.` for a parameter of a method.
// The last parameter of a check, `caller`, is the name of that method. No message repeats a secret.

/** The longest duration that an option accepts: 365 days. */
export const aYearSeconds = 31_536_000

/** A token (RFC 9110 §5.6.2): the syntax of header names and of cookie names. */
export const tokenPattern: RegExp = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** A header value that can be sent (RFC 9110 §5.5). */
export const fieldValuePattern: RegExp = /^[\t\x20-\x7e\x80-\xff]*$/

export function seconds(
  name: string,
  value: unknown,
  least: number,
  most: number = aYearSeconds
): number {
  if (isWhole(value, least, most)) return value
  throw invalid(name, `a whole number of seconds from ${least} to ${most}`, describe(value))
}

export function whole(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
  caller?: string
): number {
  if (isWhole(value, least, most)) return value
  throw invalid(name, `a whole number from ${least} to ${most}`, describe(value), caller)
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

/** A number from 0 to `most`, fractions included. */
export function between(name: string, value: unknown, most: number, caller?: string): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw invalid(name, `a number from 0 to ${most}`, describe(value), caller)
}

export function flag(name: string, value: unknown, caller?: string): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', describe(value), caller)
}

export function callback(name: string, value: unknown, caller?: string): void {
  if (typeof value !== 'function') throw invalid(name, 'a function', describe(value), caller)
}

export function text(name: string, value: unknown, caller?: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(name, 'a non-empty string', describe(value), caller)
}

export function matching(
  name: string,
  value: unknown,
  pattern: RegExp,
  expectation: string
): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  if (value !== undefined) throw invalid(name, expectation, describe(value))
  throw new TypeError(`${subjectOf(name, undefined)}: expected ${expectation}; it is missing.`)
}

export function oneOf<Word extends string>(
  name: string,
  value: unknown,
  words: readonly Word[],
  caller?: string
): Word {
  const word = words.find((each) => each === value)
  if (word !== undefined) return word
  const near = typeof value === 'string' ? nearest(value, words) : undefined
  const suggested = near === undefined ? undefined : `"${near}"`
  throw invalid(name, `one of ${words.join(', ')}`, describe(value), caller, suggested)
}

/** An array. `read` checks each item and receives its name, such as `users[0]`. */
export function list<Item>(
  name: string,
  value: unknown,
  read: (name: string, item: unknown, index: number) => Item,
  expectation = 'an array'
): readonly Item[] {
  if (!Array.isArray(value)) throw invalid(name, expectation, describe(value))
  // `map` would skip a missing item.
  return Array.from(value, (item: unknown, index) => read(`${name}[${index}]`, item, index))
}

/** An object of values that `isValue` accepts. */
export function dictionary<Value>(
  name: string,
  value: unknown,
  isValue: (each: unknown) => each is Value,
  expectation: string
): Readonly<Record<string, Value>> {
  if (!isPlainObject(value)) {
    const example = 'a plain object, such as Object.fromEntries(headers)'
    throw invalid(name, example, shapeOf(value))
  }
  const values: [string, Value][] = Object.entries(value).map(([key, each]) => {
    if (isValue(each)) return [key, each]
    // A value may be a secret.
    throw invalid(`${name}.${key}`, expectation, shapeOf(each))
  })
  // Without a prototype, so that a polluted `Object.prototype` adds no value.
  return Object.assign(Object.create(null), Object.fromEntries(values))
}

export function refuseDuplicates(name: string, values: readonly string[], caller?: string): void {
  const duplicate = values.find((value, index) => values.indexOf(value) !== index)
  if (duplicate === undefined) return
  throw invalid(name, 'no duplicates', `${describe(duplicate)} twice`, caller)
}

interface OptionsPlace {
  /** Precedes the name of each option in a message. */
  readonly prefix?: string
  readonly caller?: string | undefined
}

/**
 * A copy of the given options without a prototype: a polluted `Object.prototype` adds no option.
 *
 * @throws TypeError for a value that is not an object, and for an option that is not in `known`
 */
export function ownOptions<Options extends object = Record<string, unknown>>(
  name: string,
  value: unknown,
  known: readonly (keyof Options & string)[],
  { prefix = `${name}.`, caller }: OptionsPlace = {}
): Options {
  if (!isPlainObject(value)) throw invalid(name, 'an object', shapeOf(value), caller)
  const unknown = Object.keys(value).find((each) => !known.some((option) => option === each))
  if (unknown !== undefined) {
    const subject = subjectOf(prefix + unknown, caller)
    throw new TypeError(`${subject}: no such option; ${suggestion(unknown, known)}`)
  }
  try {
    return Object.assign(Object.create(null), value)
  } catch {
    throw invalid(name, 'an object that can be read', 'one with a getter that throws', caller)
  }
}

/** The options of a method. */
export function methodOptions<Options extends object>(
  caller: string,
  value: unknown,
  known: readonly (keyof Options & string)[]
): Options {
  return ownOptions<Options>('options', value, known, { prefix: '', caller })
}

function suggestion(unknown: string, known: readonly string[]): string {
  if (known.length === 0) return 'there are no options.'
  const near = nearest(unknown, known)
  return near === undefined ? `the options are ${known.join(', ')}.` : `did you mean ${near}?`
}

/** The known name that is most like another one, unless none is. */
function nearest(unknown: string, known: readonly string[]): string | undefined {
  const scores = known.map((name) => likeness(unknown.toLowerCase(), name.toLowerCase()))
  const best = Math.max(...scores)
  return best < 0.5 ? undefined : known[scores.indexOf(best)]
}

/** The share of letters that two names have in common at their start and end, from 0 to 1. */
function likeness(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start += 1
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return (2 * (start + end)) / (a.length + b.length)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object or a module. The entries of a Map, a Headers or a Promise are not properties. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return ['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value))
}

/** A value as a message shows it. Use `shapeOf` for a value that may be a secret. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return shapeOf(value)
}

/** The type of a value, without its content. */
export function shapeOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return `an array of length ${value.length}`
  if (value === '') return 'an empty string'
  if (typeof value !== 'object') return `a ${typeof value}`
  const type = Object.prototype.toString.call(value).slice(8, -1)
  return type === 'Object' ? 'an object' : `an instance of ${type}`
}

/** The error for a wrong value. `suggested` is a value that may be meant. */
export function invalid(
  name: string,
  expectation: string,
  received: string,
  caller?: string,
  suggested?: string
): TypeError {
  const problem = `${subjectOf(name, caller)}: expected ${expectation}; received ${received}`
  return new TypeError(
    suggested === undefined ? `${problem}.` : `${problem}; did you mean ${suggested}?`
  )
}

function subjectOf(name: string, caller: string | undefined): string {
  return caller === undefined ? `Option ${name}` : `${caller}(): ${name}`
}
