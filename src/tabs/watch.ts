// Watch: waits until a change in another tab has had an effect here, or until a deadline.
import type { Wait } from '../lib/time.ts'

export interface Watch {
  /** Something has changed: ends the waits that have reached their condition. */
  check(): void
  /** Resolves with `true` when the condition is met, and with `false` at the deadline. */
  until(isMet: () => boolean, deadlineMs: number, signal?: AbortSignal): Promise<boolean>
}

export function createWatch(wait: Wait): Watch {
  const checks = new Set<() => void>()
  return {
    check() {
      for (const check of [...checks]) check()
    },
    until(isMet, deadlineMs, signal) {
      let check = () => {}
      const met = new Promise<boolean>((resolve) => {
        check = () => {
          // A condition may cause another check.
          if (!checks.delete(check)) return
          if (isMet()) resolve(true)
          else checks.add(check)
        }
      })
      checks.add(check)
      function onTimeout(): boolean {
        checks.delete(check)
        return false
      }
      return wait(met, { deadlineMs, onTimeout, signal })
    }
  }
}
