// Held back: the callers that wait until a refresh may start again.
import type { Platform } from '../lib/platform.ts'
import type { HeldToken } from '../session/held-token.ts'

export interface HeldBack {
  /** Settles like the refresh that `start` begins when `leftMs` is 0, or like that of `end`. */
  wait(leftMs: () => number, start: () => void): Promise<HeldToken>
  /** The hold has become shorter. */
  check(): void
  /** The callers get the result of this refresh. Without one, they are not waiting any more. */
  end(refresh?: Promise<HeldToken>): void
}

interface Waiting {
  readonly result: Promise<HeldToken>
  readonly leftMs: () => number
  readonly start: () => void
  readonly settle: (refresh: Promise<HeldToken>) => void
}

export function createHeldBack(platform: Pick<Platform, 'setTimer'>): HeldBack {
  let waiting: Waiting | undefined
  let cancelTimer: (() => void) | undefined

  function check(): void {
    cancelTimer?.()
    cancelTimer = waiting && platform.setTimer(startIfOver, waiting.leftMs())
  }

  function startIfOver(): void {
    if (waiting?.leftMs() === 0) waiting.start()
    else check()
  }

  return {
    wait(leftMs, start) {
      if (waiting === undefined) {
        let settle: Waiting['settle'] = () => {}
        const result = new Promise<HeldToken>((resolve) => {
          settle = resolve
        })
        waiting = { result, leftMs, start, settle }
        check()
      }
      return waiting.result
    },
    check,
    end(refresh) {
      if (refresh !== undefined) waiting?.settle(refresh)
      waiting = undefined
      check()
    }
  }
}
