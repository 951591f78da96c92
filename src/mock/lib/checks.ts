// The words in which a wrong option is refused: which one, what was expected, what came; never a secret.

/** The longest time that any option takes. */
export const aYearSeconds = 31_536_000

export function seconds(
  name: string,
  value: unknown,
  least: number,
  most: number = aYearSeconds
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value
  }
  throw invalid(name, `a whole number of seconds from ${least} to ${most}`, describe(value))
}

/** A number, fractions included. */
export function between(name: string, value: unknown, most: number, caller: string): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw invalid(name, `a number from 0 to ${most}`, describe(value), caller)
}

export function whole(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
  caller: string
): number {
  const isWhole = typeof value === 'number' && Number.isInteger(value)
  if (isWhole && value >= least && value <= most) return value
  throw invalid(name, `a whole number from ${least} to ${most}`, describe(value), caller)
}

export function callback(name: string, value: unknown, caller: string): void {
  if (typeof value !== 'function') {
    throw invalid(name, 'a function', describe(value), caller)
  }
}

export function text(name: string, value: unknown, caller?: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(name, 'a non-empty string', describe(value), caller)
}

/**
 * A copy of given options that inherits nothing: what `Object.prototype` may carry is no option. `prefix` stands before
 * the name of each in a message; `caller` is as in `wrong`.
 */
export function ownOptions<Options extends object = Record<string, unknown>>(
  name: string,
  value: unknown,
  known: readonly (keyof Options & string)[],
  { prefix = `${name}.`, caller }: OptionsPlace = {}
): Options {
  if (!isRecord(value)) throw invalid(name, 'an object', shapeOf(value), caller)
  const unknown = Object.keys(value).find((each) => !known.some((option) => option === each))
  if (unknown !== undefined) {
    const expectation = known.length === 0 ? 'no options' : `one of ${known.join(', ')}`
    throw invalid(`${prefix}${unknown}`, expectation, 'an unknown name', caller)
  }
  return Object.assign(Object.create(null), value)
}

/** The options of a method. */
export function methodOptions<Options extends object>(
  caller: string,
  value: unknown,
  known: readonly (keyof Options & string)[]
): Options {
  return ownOptions<Options>('options', value, known, { prefix: '', caller })
}

interface OptionsPlace {
  readonly prefix?: string
  readonly caller?: string | undefined
}

export function refuseTwice(name: string, values: readonly string[], caller?: string): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined) throw invalid(name, 'different values', describe(twice), caller)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return shapeOf(value)
}

export function shapeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  return value === '' ? 'an empty string' : typeof value
}

export function oneOf<Word extends string>(
  name: string,
  value: unknown,
  words: readonly Word[],
  caller?: string
): Word {
  const word = words.find((each) => each === value)
  if (word !== undefined) return word
  throw invalid(name, `one of ${words.join(', ')}`, describe(value), caller)
}

/**
 * The error for a wrong value. `caller` is the method that was called; without one the value is an
 * option of `createMockAuthServer`.
 */
export function invalid(
  name: string,
  expectation: string,
  received: string,
  caller?: string
): TypeError {
  const subject = caller === undefined ? `Option ${name}` : `${caller}(): ${name}`
  return new TypeError(`${subject}: expected ${expectation}; received ${received}.`)
}
