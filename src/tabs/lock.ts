// Auth lock: one auth request at a time, by a queue in this tab and a Web Lock across tabs. The
// wait for it is bounded.
import { own } from '../lib/checks.ts'
import type { ClientPlatform } from '../lib/time.ts'

export interface AuthLock {
  /** Runs the task under the lock, or without it once the wait is over. */
  run<T>(task: (wait: LockWait) => Promise<T>, options?: LockOptions): Promise<T>
  /** Resolves when this tab's queue is empty; `undefined` if it is empty now. */
  whenIdle(): Promise<unknown> | undefined
}

/** How the wait for the lock has ended. */
export interface LockWait {
  /** Another tab held the lock before. */
  readonly afterAnother: boolean
  /** It was too long, so the task runs without the lock. */
  readonly isOverdue: boolean
}

export interface LockOptions {
  /**
   * How long to keep the Web Lock after the task, in milliseconds, so that other tabs see what the
   * task has written. `run` does not wait for it, and the next task of this tab takes it over.
   *
   * @default () => 0
   */
  readonly keepMs?: () => number
  /** The task has become unnecessary: `run` rejects with the reason, unless the task has begun. */
  readonly signal?: AbortSignal
}

/** The Web Lock in the hands of this tab. */
interface Held {
  readonly afterAnother: boolean
  release(): void
}

/**
 * The lock is an optimisation with a deadline, not a condition. A frozen tab keeps its locks, and
 * a prerendered page gets none, so an unbounded wait for one would hang the app. It is never
 * stolen, because a stolen lock has two holders. A disposed client releases it at once.
 */
export function createLock(
  name: string,
  timeoutMs: number,
  { locks, setTimer, wait }: Pick<ClientPlatform, 'locks' | 'setTimer' | 'wait'>
): AuthLock {
  let tail: Promise<unknown> | undefined
  let kept: (Held & { readonly cancel: () => void }) | undefined

  /** Resolves to `undefined` if the Web Lock is missing or refused. */
  function acquire(over: AbortSignal): Promise<Held | undefined> {
    return new Promise((resolve) => {
      // The lock may be granted after the wait for it is over.
      const hold = async (afterAnother: boolean) => {
        if (over.aborted) return
        const released = new Promise<void>((release) => {
          over.addEventListener('abort', () => release())
          resolve({ afterAnother, release })
        })
        await wait(released)
      }
      const request = async () => {
        const isTaken = await locks?.request(name, { ifAvailable: true }, async (lock) =>
          lock === null ? true : void (await hold(false))
        )
        if (isTaken) await locks?.request(name, { signal: over }, () => hold(true))
        resolve(undefined)
      }
      request().catch(() => resolve(undefined))
    })
  }

  //  this tab ── lock ── POST ── answered: its callers continue ──┐ kept ──┐
  //  storage, messages ─────── the new token, or the hold ────────▶        │
  //  another tab ──── (waits) ─────────────────────────────────────────────┴─ lock ── nothing to do
  function keep(held: Held, ms: number): void {
    const cancel = setTimer(() => takeKept()?.release(), ms)
    kept = { afterAnother: false, release: held.release, cancel }
  }

  function takeKept(): Held | undefined {
    const held = kept
    kept = undefined
    held?.cancel()
    return held
  }

  async function runHeld<T>(
    turn: Held | 'overdue' | undefined,
    task: (wait: LockWait) => Promise<T>,
    keepMs: () => number
  ): Promise<T> {
    const isOverdue = turn === 'overdue'
    const held = isOverdue ? undefined : turn
    try {
      return await task({ afterAnother: held?.afterAnother ?? false, isOverdue })
    } finally {
      const ms = keepMs()
      if (held !== undefined && ms > 0) keep(held, ms)
      else held?.release()
    }
  }

  return {
    run(task, options = {}) {
      const keepMs = own(options, 'keepMs') ?? (() => 0)
      const signal = own(options, 'signal')
      const before = tail
      const turn = wait<Held | 'overdue' | undefined>(
        async (over) => {
          await before
          return over.aborted ? undefined : (takeKept() ?? acquire(over))
        },
        { deadlineMs: timeoutMs, onTimeout: () => 'overdue', signal }
      )
      const done = turn.then((held) => runHeld(held, task, keepMs))
      const ended = done.then(
        () => {},
        () => {}
      )
      // A task that others overtook may still run when they have ended.
      const all = Promise.all([before, ended]).then(() => {
        if (tail === all) tail = undefined
      })
      tail = all
      return done
    },
    whenIdle: () => tail
  }
}
