// Turns: one auth request of all tabs after the other, also if a page is gone before the answer to
// its refresh.
import { own } from '../lib/checks.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { AuthLock, LockOptions } from './lock.ts'
import type { RefreshAttempts } from './refresh-attempts.ts'
import type { Watch } from './watch.ts'

export interface Turn {
  /** Another tab has had a turn while this one waited. */
  readonly afterAnother: boolean
  /**
   * Whether the refresh of another tab may be in flight without the lock: its page is gone, or Web
   * Locks are missing.
   */
  isInFlight(): boolean
}

/** `undefined`: not now. The next turn begins when no refresh is in flight. */
type Outcome<T> = { readonly value: T } | undefined

interface TurnOptions extends LockOptions {
  readonly withinMs?: number
}

export interface Turns {
  /**
   * Runs the task under the lock, until it has an outcome. `rest` is awaited without the lock if
   * the task has none although no refresh is in flight. All waits of a task `withinMs` end by then,
   * and it runs without the lock.
   */
  take<T>(
    task: (turn: Turn) => Promise<Outcome<T>>,
    options?: TurnOptions,
    rest?: () => Promise<void>
  ): Promise<T>
}

export interface TurnsDeps {
  readonly lock: AuthLock
  readonly attempts: RefreshAttempts
  readonly watch: Watch
  readonly platform: Pick<ClientPlatform, 'monotonicNow'>
  /** How long a request may outlive its page, in milliseconds. */
  readonly outlivesPageMs: number
}

export function createTurns({ lock, attempts, watch, platform, outlivesPageMs }: TurnsDeps): Turns {
  //  page  ── lock ── POST ── (gone) ────────────── answered
  //  tab A ─────────────────── lock ── (waits) ─────────────── lock ── POST
  //  tab B ───────────────────── lock ── (waits) ───────────── (waits for the lock) ── takes over
  async function take<T>(
    task: (turn: Turn) => Promise<Outcome<T>>,
    options: TurnOptions = {},
    rest = async () => {}
  ): Promise<T> {
    const withinMs = own(options, 'withinMs')
    const signal = own(options, 'signal')
    const leftMs = () => endsAtMs - platform.monotonicNow()
    let endsAtMs = platform.monotonicNow() + (withinMs ?? Infinity)
    const isInFlight = () => attempts.openForMs() > 0 && leftMs() > 0
    for (let hasWaited = false; ; hasWaited = true) {
      const run = (afterAnother: boolean) =>
        task({ afterAnother: afterAnother || hasWaited, isInFlight })
      const limit = withinMs === undefined ? {} : { timeoutMs: Math.max(0, leftMs()) }
      const outcome = await lock.run(run, { ...options, ...limit })
      if (outcome !== undefined) return outcome.value
      if (!isInFlight()) {
        await rest()
        continue
      }
      // Without the lock: a tab that waits for it too long would send its request without it.
      endsAtMs = Math.min(endsAtMs, platform.monotonicNow() + outlivesPageMs)
      const deadlineMs = Math.min(attempts.openForMs(), leftMs())
      await watch.until(() => !isInFlight(), deadlineMs, signal)
    }
  }

  return { take }
}
