// A refresh waits for its turn among the tabs of this browser, and may find that another tab has made it.

import type { Platform } from '../lib/platform.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { AuthLock } from '../tabs/lock.ts'
import type { RefreshAttempts } from '../tabs/refresh-attempt.ts'
import type { TabSync } from '../tabs/tab-sync.ts'
import { sessionChanged } from './refresh-errors.ts'

export interface ExclusiveDeps {
  readonly session: Session
  readonly lock: AuthLock
  readonly attempts: RefreshAttempts
  readonly tabSync: TabSync
  readonly platform: Platform
  /** Called before a refresh goes out: the session may have ended elsewhere. */
  readonly beforeRefresh: () => void
}

const lookAgainMs = 50

/** Runs `renew` in its turn, or returns the token that a sibling got meanwhile. Rejects where the session has changed hands. */
export type RunExclusively = (renew: () => Promise<HeldToken>) => Promise<HeldToken>

//  tab A ── timer ── lock ── POST ───── answered ── tells ─┐ gives the lock back
//  tab B ── timer ── (waits) ──────────────────────────────┼── lock ── nothing left to do
//                                                          └▶ takes the token over (the message may be the slower of the two)
export function createExclusive(options: ExclusiveDeps): RunExclusively {
  const { session, lock, attempts, tabSync, platform } = options

  return (renew) => {
    const epoch = session.epoch()
    const refreshes = tabSync.refreshes()

    function checkEpoch(): void {
      if (session.epoch() !== epoch) throw sessionChanged()
    }

    function lookAround(afterAnother: boolean): Promise<void> | undefined {
      return session.held() === undefined ? tabSync.findSession() : tabSync.catchUp(afterAnother)
    }

    const pass = (ms: number) => new Promise<void>((over) => platform.setTimer(over, ms))

    // While this tab waited for its turn, another one may have renewed the session for both.
    const taken = () => (tabSync.refreshes() === refreshes ? undefined : session.held())

    return lock.run(async (afterAnother) => {
      for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
        options.beforeRefresh()
        checkEpoch()
        if (taken() === undefined) await lookAround(afterAnother && waitedMs === 0)
        checkEpoch()
        const token = taken()
        if (token !== undefined) return token
        // Somebody's request is out whom no lock holds: a page that died, or one in a browser without Web Locks.
        if (!attempts.mayStillBeAnswered(waitedMs)) return renew()
        await pass(lookAgainMs)
      }
    })
  }
}
