// Option tables: one reader per option. Names and defaults of the options stand in the tables only.
//
// Settings are options after validation: every fixed default is filled in. `undefined` remains if
// the default depends on more than the options, such as the page or the current time.
import { ownOptions } from './checks.ts'

/**
 * Returns the setting for the given value of one option, or its default for `undefined`.
 * @throws TypeError for a value that is not valid
 */
export type Reader<Setting> = (name: string, value: unknown) => Setting

export type OptionTable<Settings> = { readonly [Name in keyof Settings]-?: Reader<Settings[Name]> }

/** The settings of these options. `Other` lists settings that differ in type from their option. */
export type SettingsOf<Options, Other extends object = object> = Readonly<
  Omit<Required<Options>, keyof Other> & Other
>

/**
 * Reads every option of a table. `prefix` precedes the name of each option in a message.
 * @throws TypeError for a value that is not valid, and for an option that is not in the table
 */
export function readTable<Settings extends object>(
  name: string,
  value: unknown,
  table: OptionTable<Settings>,
  prefix = `${name}.`
): Settings {
  const names = Object.keys(table) as (keyof Settings & string)[]
  const given = ownOptions<Partial<Record<keyof Settings & string, unknown>>>(name, value, names, {
    prefix
  })
  const settings = names.map((option) => [option, table[option](prefix + option, given[option])])
  return Object.fromEntries(settings) as Settings
}
