// One invariant: the search for a planted fault looks for violations of one invariant only.

/** Such as `I2`. `undefined`: all invariants. */
const only: string | undefined = process.env.ONLY_INVARIANT

export function isSearchedFor(invariant: string): boolean {
  return only === undefined || only === invariant
}
