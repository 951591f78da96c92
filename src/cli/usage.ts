// Command line options: reads their values, and reports usage errors.
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A wrong command line. The message says what was expected and received; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** @throws UsageError for unknown options, missing values and positional arguments */
export function readOptions<const Known extends Options>(
  args: readonly string[],
  options: Known
): ReturnType<
  typeof parseArgs<{ args: string[]; options: Known; strict: true; allowPositionals: false }>
>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // The sentences after an unknown option or argument explain positional arguments, which no
    // command takes. Those about the value of an option say how to write it.
    const isAboutValue =
      error instanceof Error &&
      'code' in error &&
      error.code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE'
    throw new UsageError(isAboutValue ? message : (message.split(/\.\s|\n/)[0] ?? message))
  }
}

interface NumberRange {
  readonly least: number
  readonly most: number
  /** Follows `a whole number` in the message, such as ` of seconds`. */
  readonly unit: string
}

/**
 * Reads a whole number.
 * @returns `undefined` if the option is absent
 * @throws UsageError for any other value, or one outside the range
 */
export function readNumber(
  option: string,
  value: string | undefined,
  { least, most, unit }: NumberRange
): number | undefined {
  if (value === undefined) return undefined
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(
    `Option --${option}: expected a whole number${unit} from ${least} to ${most}; received ${JSON.stringify(value)}.`
  )
}

/** @throws UsageError for an empty value */
export function readText(option: string, value: string): string {
  if (value !== '') return value
  throw new UsageError(`Option --${option}: expected a value; received "".`)
}

/** @throws UsageError for a value that is not one of the choices */
export function readChoice<const Choice extends string>(
  option: string,
  value: string,
  choices: readonly Choice[]
): Choice {
  const chosen = choices.find((choice) => choice === value)
  if (chosen !== undefined) return chosen
  throw new UsageError(
    `Option --${option}: expected one of ${choices.join(', ')}; received ${JSON.stringify(value)}.`
  )
}

/**
 * @returns `undefined` if the option is absent
 * @throws UsageError for a value that is not an origin as a browser sends it
 */
export function readOrigins(
  option: string,
  values: readonly string[] | undefined
): readonly string[] | undefined {
  for (const value of values ?? []) {
    if (!isOrigin(value)) {
      throw new UsageError(
        `Option --${option}: expected an origin such as https://app.example.com, without a path or a trailing slash; received ${JSON.stringify(value)}.`
      )
    }
  }
  return values
}

function isOrigin(value: string): boolean {
  try {
    const url = new URL(value)
    return /^https?:$/.test(url.protocol) && url.origin === value
  } catch {
    return false
  }
}
