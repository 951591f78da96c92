// What is due next without anybody asking: the refresh that is planned or held back, and the end of a session nobody uses.
import type { Platform } from '../lib/platform.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { Session } from '../session/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { readMoment, remainingMs } from '../token/lifetime.ts'
import type { IdleWatch } from './idle.ts'

export interface DueWork {
  /** Time until there is something to do; `undefined` where there is nothing. */
  dueInMs(): number | undefined
  /** Does what is due. */
  act(reason: 'timer' | 'wake'): void
  /** The user does something. Who comes back too late is signed out before, not kept by coming back. */
  markActivity(): void
}

export interface DueWorkDeps {
  readonly session: Session
  readonly refresher: Refresher
  readonly signIn: SignIn
  readonly idle: IdleWatch
  readonly platform: Platform
  readonly whileHidden: 'pause' | 'refresh'
}

export function createDueWork(options: DueWorkDeps): DueWork {
  const { session, refresher, signIn, idle, platform, whileHidden } = options

  function refreshDueInMs(): number | undefined {
    // In the background nobody needs the token. The next wake, or the next request, looks again.
    const isPaused = whileHidden === 'pause' && !platform.isVisible()
    if (isPaused || refresher.isInFlight() || signIn.isAppSigningIn()) return undefined
    const refreshAt = session.held()?.refreshAt
    const planned = refreshAt && remainingMs(refreshAt, readMoment(platform))
    return refresher.heldBackMs() ?? planned
  }

  const isWatched = () => session.getState().status === 'authenticated' && !signIn.isSigningIn()

  function signOutIfIdle(): boolean {
    if (!isWatched() || idle.remainingMs() !== 0) return false
    void signIn.logout('idle').catch(() => {})
    return true
  }

  return {
    dueInMs() {
      if (session.getState().status === 'unauthenticated') return undefined
      const waits = [refreshDueInMs(), isWatched() ? idle.remainingMs() : undefined]
      const dueInMs = Math.min(...waits.filter((wait) => wait !== undefined))
      return Number.isFinite(dueInMs) ? dueInMs : undefined
    },
    act(reason) {
      if (signOutIfIdle()) return
      if (refreshDueInMs() === 0) refresher.refresh(reason).catch(() => {})
    },
    markActivity() {
      if (!signOutIfIdle()) idle.touch()
    }
  }
}
