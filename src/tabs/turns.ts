// Turns: one auth request of all tabs after the other, also if a page is gone before the answer to
// its refresh.
import { own } from '../lib/checks.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { AuthLock, LockOptions, LockWait } from './lock.ts'
import type { Watch } from './watch.ts'

export interface Turn extends LockWait {
  /**
   * Whether the refresh of another tab may be in flight without the lock: its page is gone, or Web
   * Locks are missing.
   */
  isInFlight(): boolean
}

/** `undefined`: not now. The next turn begins when no refresh is in flight. */
type Outcome<T> = { readonly value: T } | undefined

export interface Turns {
  /**
   * Runs the task under the lock, until it has an outcome. `openForMs`: how long a refresh that is
   * in flight without the lock may still be answered. `rest` is awaited without the lock if the
   * task has no outcome although none is in flight.
   */
  take<T>(
    task: (turn: Turn) => Promise<Outcome<T>>,
    openForMs: () => number,
    options?: LockOptions,
    rest?: () => Promise<void>
  ): Promise<T>
}

export interface TurnsDeps {
  readonly lock: AuthLock
  readonly watch: Watch
  readonly platform: Pick<ClientPlatform, 'monotonicNow'>
  /** How long a request may outlive its page, in milliseconds. */
  readonly outlivesPageMs: number
}

export function createTurns({ lock, watch, platform, outlivesPageMs }: TurnsDeps): Turns {
  //  page  ── lock ── POST ── (gone) ────────────── answered
  //  tab A ─────────────────── lock ── (waits) ─────────────── lock ── POST
  //  tab B ───────────────────── lock ── (waits) ───────────── (waits for the lock) ── takes over
  async function take<T>(
    task: (turn: Turn) => Promise<Outcome<T>>,
    openForMs: () => number,
    options: LockOptions = {},
    rest = async () => {}
  ): Promise<T> {
    const signal = own(options, 'signal')
    let endsAtMs = Infinity
    const leftMs = () => Math.min(openForMs(), endsAtMs - platform.monotonicNow())
    const isInFlight = () => leftMs() > 0
    for (let hasWaited = false; ; hasWaited = true) {
      const run = ({ afterAnother, isOverdue }: LockWait) =>
        task({ afterAnother: afterAnother || hasWaited, isOverdue, isInFlight })
      const outcome = await lock.run(run, options)
      if (outcome !== undefined) return outcome.value
      if (!isInFlight()) {
        await rest()
        continue
      }
      // Without the lock: a tab that waits for it too long would send its request without it.
      endsAtMs = Math.min(endsAtMs, platform.monotonicNow() + outlivesPageMs)
      await watch.until(() => !isInFlight(), leftMs(), signal)
    }
  }

  return { take }
}
