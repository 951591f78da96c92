// Calls that sign in or out, in the order in which they were made: one that took effect rules out all before it.

export interface CallOrder {
  /** The number of a new call. */
  begin(): number
  takeEffect(call: number, as: 'sign-in' | 'sign-out'): void
  /** Has a later call taken effect, and as what? */
  overruledBy(call: number): 'sign-in' | 'sign-out' | undefined
  /** May it still take effect? */
  isPending(call: number): boolean
}

export function createCallOrder(): CallOrder {
  let calls = 0
  let effective: { readonly call: number; readonly as: 'sign-in' | 'sign-out' } | undefined
  return {
    begin() {
      calls += 1
      return calls
    },
    takeEffect(call, as) {
      effective = { call, as }
    },
    overruledBy: (call) =>
      effective !== undefined && call < effective.call ? effective.as : undefined,
    isPending: (call) => effective === undefined || call > effective.call
  }
}
