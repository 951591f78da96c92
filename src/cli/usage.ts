// A command line that cannot be understood, and the reading of the ones that can.
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What is wrong with a command line: which option, what was expected, what came. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** The values of the options; anything unknown is a {@link UsageError}. */
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
    throw new UsageError(message.split(/\.\s|\n/)[0] ?? message)
  }
}

export interface NumberRange {
  readonly least: number
  readonly most: number
  readonly unit: string
}

/** A whole number within its range, or nothing where the option is absent. */
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

/** Anything but nothing. */
export function readText(option: string, value: string): string {
  if (value !== '') return value
  throw new UsageError(`Option --${option}: expected a value; received "".`)
}

/** One of the values there are. */
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

/** Origins, each as a browser sends it. */
export function readOrigins(option: string, values: readonly string[]): readonly string[] {
  for (const value of values) {
    if (!isOrigin(value)) {
      throw new UsageError(
        `Option --${option}: expected an origin such as https://app.example.com, without a path or a slash; received ${JSON.stringify(value)}.`
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
