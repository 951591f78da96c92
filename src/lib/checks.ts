// Option readers: each returns the value of an option, or throws an error that names it.
import { AuthError } from './errors.ts'
import { invalid, missing } from './option-errors.ts'

/** `name` is the option's name in errors. */
export type Reader<Value> = (given: unknown, name: string) => Value

/** One reader per option: the single place that knows names and ranges. */
type ReaderTable = Readonly<Record<string, Reader<unknown>>>

/** The options that a table of readers returns. */
export type Values<Table extends ReaderTable, Defaults = unknown> = {
  readonly [Name in keyof Table]:
    | ReturnType<Table[Name]>
    | (Name extends keyof Defaults ? Defaults[Name] : never)
}

type Expectation = Parameters<typeof invalid>[1]

/**
 * Reads an object by its table. An unknown name is an error: a misspelt option has no effect. An
 * option that is left out has its value in `defaults`. If it is not in there, it is required.
 * Without `defaults`, every option may be left out.
 */
export function record<
  Table extends ReaderTable,
  Defaults extends object = { readonly [Name in keyof Table]: undefined }
>(table: Table, defaults?: Defaults, expected?: Expectation): Reader<Values<Table, Defaults>> {
  return (given = {}, name) => {
    checkObject(given, name, Object.keys(table), expected)
    // `fromEntries` defines; an assignment would run a setter that `Object.prototype` may carry.
    return Object.fromEntries(
      Object.entries(table).map(([option, read]) => {
        const label = labelOf(name, option)
        try {
          const value = own(given, option)
          const isLeftOut = value === undefined && (!defaults || Object.hasOwn(defaults, option))
          return [option, isLeftOut ? own(defaults ?? {}, option as never) : read(value, label)]
        } catch (error) {
          // A getter or a proxy of the app may throw.
          throw error instanceof AuthError ? error : invalid(label, 'readable')
        }
      })
    ) as Values<Table, Defaults>
  }
}

/** An unchecked value. */
export function later(given: unknown): unknown {
  return given
}

export function matching(pattern: RegExp, expected: Expectation): Reader<string> {
  return (given, name) => {
    if (typeof given === 'string' && pattern.test(given)) return given
    throw invalid(name, expected, given === undefined ? missing : given)
  }
}

export function number(least: number): Reader<number> {
  return (given, name) => {
    if (Number.isFinite(given) && Number(given) >= least) return Number(given)
    throw invalid(name, 'least', given, [least])
  }
}

export function oneOf<const Value extends string | boolean>(
  ...allowed: readonly Value[]
): Reader<Value> {
  return (given, name) => {
    if (allowed.includes(given as Value)) return given as Value
    throw invalid(name, 'listed', given, allowed)
  }
}

export const flag: Reader<boolean> = oneOf(true, false)

/** An object with any names. Returns a copy, which the app cannot change later. */
export function dictionary<Value>(
  isValue: (value: unknown) => boolean,
  expected: Expectation
): Reader<Readonly<Record<string, Value>>> {
  return (given, name) => {
    checkObject(given, name, undefined, 'dictionary')
    const entries = Object.entries(given) as [string, Value][]
    for (const [key, value] of entries) {
      if (isValue(value)) continue
      // A text may be a secret of the app.
      const shown = typeof value === 'string' ? undefined : value
      throw invalid(labelOf(name, key), expected, shown)
    }
    return Object.fromEntries(entries)
  }
}

/** One value or an array of them, as an array. It may be empty unless `expected` is given. */
export function list<Value>(read: Reader<Value>, expected?: Expectation): Reader<readonly Value[]> {
  return (given, name) => {
    if (!Array.isArray(given)) return [read(given, name)]
    if (expected && given.length === 0) throw invalid(name, expected)
    // `map` would skip a missing element.
    return Array.from(given, (one: unknown, index) => read(one, `${name}[${index}]`))
  }
}

/** A function of the app. */
export function checkFunction(given: unknown, name: string): void {
  if (typeof given !== 'function') throw invalid(name, 'function', given)
}

/** `known` lists the names that the object may have; any by default. */
export function checkObject(
  given: unknown,
  name: string,
  known?: readonly string[],
  expected: Expectation = 'object'
): asserts given is Readonly<Record<string, unknown>> {
  if (!isPlain(given)) throw invalid(name, expected, given)
  const unknown = known && Object.keys(given).find((option) => !known.includes(option))
  if (unknown !== undefined) throw invalid(labelOf(name, unknown), 'known', unknown, known)
}

/** An object or a module. The entries of a Map, a Headers or a Promise are not properties. */
function isPlain(value: unknown): value is object {
  return ['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value))
}

// Own properties only: a polluted `Object.prototype` must not change the client.
export function own<Options extends object, Name extends keyof Options>(
  options: Options,
  name: Name
): Options[Name] | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

function labelOf(parent: string, option: string): string {
  return parent.includes('(') ? option : `${parent}.${option}`
}
