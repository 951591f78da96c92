// Call history: questions about the order of calls, and about what the client had received by then.
import type { MockCall } from '../calls/call.ts'

/**
 * Whether the client received the complete answer, as far as the server can know. An answer that a
 * fault has changed does not count.
 */
export function isDelivered({ endedAtMs, status, fault, abandoned, blocked }: MockCall): boolean {
  const isUnchanged = endedAtMs !== undefined && status !== 0 && fault === undefined
  return isUnchanged && !abandoned && blocked === undefined
}

/** Whether this call arrived after the other one was answered. */
export function isAfter(call: MockCall, other: MockCall): boolean {
  return other.answeredBefore !== undefined && other.answeredBefore <= call.index
}

/**
 * Whether this call arrived so long after the answer to the other one that it cannot have been in
 * flight. Only time can show this: calls that arrive one by one may have been sent together.
 */
export function isLongAfter(call: MockCall, other: MockCall, inFlightSeconds: number): boolean {
  // With 0, order alone decides, so that the rules also hold while the clock stands still.
  if (inFlightSeconds === 0) return isAfter(call, other)
  const endedAtMs = other.endedAtMs ?? Number.POSITIVE_INFINITY
  return isAfter(call, other) && call.startedAtMs - endedAtMs > inFlightSeconds * 1000
}

/** Groups calls by a key, in the order of their first call; calls without a key are left out. */
export function groupBy(
  calls: readonly MockCall[],
  keyOf: (call: MockCall) => string | undefined
): readonly (readonly [MockCall, ...MockCall[]])[] {
  const groups = new Map<string, [MockCall, ...MockCall[]]>()
  for (const call of calls) {
    const key = keyOf(call)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [call])
    else group.push(call)
  }
  return [...groups.values()]
}
