// Option readers: each returns an option's value or its default, or throws an error that names it.
import { AuthError } from './errors.ts'

/** `given` is `undefined` if the option is absent; `name` is the option's name in errors. */
export type Reader<Value> = (given: unknown, name: string) => Value

/** One reader per option: the single place that knows names, ranges and defaults. */
export type ReaderTable = Readonly<Record<string, Reader<unknown>>>

/** The options that a table of readers returns. */
export type Values<Table extends ReaderTable> = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]>
}

/** Reads an object by its table. An unknown name is an error: a misspelt option has no effect. */
export function record<Table extends ReaderTable>(table: Table): Reader<Values<Table>> {
  const names = Object.keys(table)
  return (given = {}, name) => {
    checkObject(given, name, names)
    // `fromEntries` defines; an assignment would run a setter that `Object.prototype` may carry.
    return Object.fromEntries(
      names.map((option) => [option, table[option]?.(own(given, option), labelOf(name, option))])
    ) as Values<Table>
  }
}

// Defaults are arguments and not members of an object, which could come from a polluted prototype.

export function text(fallback: string): Reader<string> {
  return (given = fallback, name) => {
    if (typeof given !== 'string') throw invalid(name, 'a string', given)
    return given
  }
}

export function number<Fallback extends number | undefined = undefined>(
  { least }: { readonly least: number },
  fallback?: Fallback
): Reader<number | Fallback> {
  return (given, name) => {
    if (given === undefined) return fallback as Fallback
    if (typeof given !== 'number' || !Number.isFinite(given) || given < least) {
      throw invalid(name, `a finite number of at least ${least}`, given)
    }
    return given
  }
}

export function oneOf<
  const Value extends string | boolean,
  const Fallback extends string | boolean | undefined = undefined
>(allowed: readonly Value[], fallback?: Fallback, otherwise = ''): Reader<Value | Fallback> {
  return (given = fallback, name) => {
    if (given === undefined || allowed.includes(given as Value)) return given as Value | Fallback
    const values = allowed.map((value) => JSON.stringify(value)).join(', ')
    throw invalid(name, `one of ${values}${otherwise}`, given)
  }
}

export function callback<Callback>(): Reader<Callback | undefined> {
  return (given, name) => {
    if (given !== undefined && typeof given !== 'function') throw invalid(name, 'a function', given)
    return given as Callback | undefined
  }
}

export function checkObject(
  given: unknown,
  name: string,
  known: readonly string[]
): asserts given is Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null) throw invalid(name, 'an object', given)
  const unknown = Object.keys(given).find((option) => !known.includes(option))
  if (unknown === undefined) return
  throw wrong(labelOf(name, unknown), `no such option; ${suggestion(unknown, known)}`)
}

function suggestion(unknown: string, known: readonly string[]): string {
  const near = known.find((name) => isAlike(unknown.toLowerCase(), name.toLowerCase()))
  return near === undefined ? `the options are ${known.join(', ')}.` : `did you mean ${near}?`
}

/** Whether two names share two thirds of their letters, counted from both ends. */
function isAlike(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  let end = 0
  while (start + end < Math.min(a.length, b.length) && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return (start + end) * 3 >= a.length + b.length
}

// Own properties only: a polluted `Object.prototype` must not change the client.
export function own<Options extends object, Name extends keyof Options>(
  options: Options,
  name: Name
): Options[Name] | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/** The error for a wrong option. A `received` that is left out does not appear in the message. */
export function invalid(option: string, expected: string, received?: unknown): AuthError {
  const shown = received === undefined ? '' : `; received ${describe(received)}`
  return wrong(option, `expected ${expected}${shown}.`)
}

/** The subject of an error is an option, or a parameter that follows the name of its function. */
function wrong(subject: string, problem: string): AuthError {
  const label = subject.includes('(') ? subject : `Option ${subject}`
  return new AuthError('ERR_AUTH_INVALID_OPTIONS', `${label}: ${problem}`)
}

function labelOf(parent: string, option: string): string {
  return parent.includes('(') ? option : `${parent}.${option}`
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
