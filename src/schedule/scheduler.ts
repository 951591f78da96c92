// Scheduler: refreshes the token before it expires, and signs out an idle user. Its timer is a
// hint: each request checks too.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { Platform } from '../lib/platform.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { Session } from '../session/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { IdleWatch } from './idle.ts'

export interface Scheduler {
  dispose(): void
}

export interface SchedulerDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'wake'>
  readonly refresher: Refresher
  readonly signIn: Pick<SignIn, 'isAppSigningIn' | 'retrySignOut'>
  readonly idle: IdleWatch | undefined
  readonly platform: Platform
  readonly refresh: ResolvedContract['refresh']
  /** `undefined`: it depends on the contract. */
  readonly whileHidden: 'pause' | 'refresh' | undefined
}

/** Timers halt while a device sleeps, so the clocks are read again at least this often. */
const longestSliceMs = 60_000

export function createScheduler(options: SchedulerDeps): Scheduler {
  const { session, tabs, refresher, signIn, idle, platform } = options
  const { whileHidden = outlivesToken(options.refresh) ? 'pause' : 'refresh' } = options
  let cancelTimer: (() => void) | undefined
  let isDisposed = false

  function check(reason: 'timer' | 'wake'): void {
    const waitMs = dueInMs()
    cancelTimer?.()
    cancelTimer = undefined
    if (waitMs === undefined) return
    if (waitMs === 0) act(reason)
    else cancelTimer = platform.setTimer(() => check('timer'), Math.min(waitMs, longestSliceMs))
  }

  function dueInMs(): number | undefined {
    const isSignedOut = session.getState().status === 'unauthenticated' && !session.isRestoring()
    if (isDisposed || isSignedOut) return undefined
    const waits = [refreshDueInMs(), idle?.dueInMs()].filter((wait) => wait !== undefined)
    const earliest = Math.min(...waits)
    return Number.isFinite(earliest) ? earliest : undefined
  }

  function refreshDueInMs(): number | undefined {
    // A hidden page needs no token. The next wake or request checks again.
    const isPaused = whileHidden === 'pause' && !platform.isVisible()
    if (isPaused || refresher.isInFlight() || signIn.isAppSigningIn()) return undefined
    return refresher.dueInMs()
  }

  function act(reason: 'timer' | 'wake'): void {
    if (idle?.signOutIfDue()) return
    if (refreshDueInMs() === 0) refresher.refresh(reason).catch(() => {})
  }

  session.onSignal('token', ({ origin }) => {
    // A refresh still has to resolve its callers: the check follows when it has settled.
    if (origin.by !== 'refresh') check('timer')
  })
  session.onSignal('ended', () => check('timer'))
  session.onSignal('settled', () => check('timer'))

  const removeWakeListener = platform.onWake((wake) => {
    tabs.wake()
    if (wake === 'online') {
      refresher.networkIsBack()
      signIn.retrySignOut()
    }
    check('wake')
  })

  return {
    dispose() {
      isDisposed = true
      removeWakeListener()
      cancelTimer?.()
      cancelTimer = undefined
    }
  }
}

/** Whether the session outlives its access token, so that a hidden page may let it expire. */
function outlivesToken(refresh: ResolvedContract['refresh']): boolean {
  return typeof refresh === 'object' ? refresh.credential !== 'access-token' : refresh !== false
}
