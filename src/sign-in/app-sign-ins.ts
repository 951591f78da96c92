// App sign-ins: the sign-ins in flight that the app or the server does, and not the client.
import type { Platform } from '../lib/platform.ts'
import type { Call } from './call-order.ts'

export interface AppSignIns {
  /**
   * Returns a function that notes the end. A function of the app may never settle, for example if
   * its popup was closed, so the sign-in ends after `longestMs` at the latest.
   */
  begin(call: Call): () => void
  some(is: (call: Call) => boolean): boolean
}

export function createAppSignIns(
  { setTimer }: Pick<Platform, 'setTimer'>,
  longestMs: number,
  onEnd: () => void
): AppSignIns {
  const calls = new Set<Call>()
  return {
    begin(call) {
      function end(): void {
        if (!calls.delete(call)) return
        cancel()
        onEnd()
      }
      const cancel = setTimer(end, longestMs)
      calls.add(call)
      return end
    },
    some: (is) => [...calls].some(is)
  }
}
