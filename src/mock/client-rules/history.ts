// What the journal says about the order of things, and about what the client can have known.
import type { MockCall } from '../calls/call.ts'

/** Did the whole answer of the server reach the client, as far as it can tell? No fault leaves it what it was. */
export function isDelivered({ endedAtMs, status, fault, abandoned, blocked }: MockCall): boolean {
  const isOwn = endedAtMs !== undefined && status !== 0 && fault === undefined
  return isOwn && !abandoned && blocked === undefined
}

/** Did this call arrive after the other one was answered? */
export function isAfter(call: MockCall, other: MockCall): boolean {
  return other.answeredBefore !== undefined && other.answeredBefore <= call.index
}

/**
 * Did this call arrive so many seconds after the other one was answered that it cannot have been on its way? Time alone
 * can say so: of calls that arrive one by one nobody here knows whether they were also made one by one.
 */
export function isLongAfter(call: MockCall, other: MockCall, inFlightSeconds: number): boolean {
  // No time may pass at all, under a clock that stands still.
  if (inFlightSeconds === 0) return isAfter(call, other)
  const endedAtMs = other.endedAtMs ?? Number.POSITIVE_INFINITY
  return isAfter(call, other) && call.startedAtMs - endedAtMs > inFlightSeconds * 1000
}

/** The groups of calls with the same key, in order of their first call; calls without a key are left out. */
export function groupBy(
  calls: readonly MockCall[],
  key: (call: MockCall) => string | undefined
): readonly (readonly [MockCall, ...MockCall[]])[] {
  const groups = new Map<string, [MockCall, ...MockCall[]]>()
  for (const call of calls) {
    const name = key(call)
    if (name === undefined) continue
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [call])
    else group.push(call)
  }
  return [...groups.values()]
}
