// Idle watch: signs the user out after a given time without a request or user activity in any tab.
import type { Platform } from '../lib/platform.ts'
import { later, type Moment, readMoment, remainingMs } from '../lib/time.ts'
import type { Session } from '../session/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { SessionRecord } from '../tabs/session-record.ts'
import type { Tabs } from '../tabs/tabs.ts'

export interface IdleWatch {
  /**
   * Time until the user is signed out; `undefined` while no user is signed in or a login() is in
   * flight.
   */
  dueInMs(): number | undefined
  /** Signs out if the limit has passed; returns whether it has. */
  signOutIfDue(): boolean
}

export interface IdleWatchDeps {
  readonly limitSeconds: number | undefined
  readonly session: Session
  readonly signIn: Pick<SignIn, 'isSigningIn' | 'logout'>
  readonly record: Pick<SessionRecord, 'known' | 'read'>
  readonly tabs: Pick<Tabs, 'setActive'>
  readonly platform: Pick<Platform, 'now' | 'monotonicNow'>
}

/**
 * Storage is written at most once in this share of the limit, and not on each request. Other tabs
 * see an activity that much later.
 */
const writeAfterShare = 0.05

/** Returns `undefined` without a limit. */
export function createIdleWatch(options: IdleWatchDeps): IdleWatch | undefined {
  const { limitSeconds, session, signIn, record, tabs, platform } = options
  if (limitSeconds === undefined) return undefined
  const limitMs = limitSeconds * 1000
  let last = readMoment(platform)
  let writtenAtMs = -Infinity

  function touch(): void {
    last = readMoment(platform)
    if (Math.abs(last.wallMs - writtenAtMs) < limitMs * writeAfterShare) return
    writtenAtMs = last.wallMs
    tabs.setActive(last.wallMs)
  }

  function lastInAnyTab(): Moment {
    const aheadMs = Math.min(record.known().activeAtMs, platform.now()) - last.wallMs
    return aheadMs > 0 ? later(last, aheadMs) : last
  }

  function dueInMs(): number | undefined {
    if (session.getState().status !== 'authenticated' || signIn.isSigningIn()) return undefined
    const remaining = () => remainingMs(later(lastInAnyTab(), limitMs), readMoment(platform))
    // Only a limit that seems to have passed is worth a look at storage.
    if (remaining() === 0) record.read()
    return remaining()
  }

  function signOutIfDue(): boolean {
    if (dueInMs() !== 0) return false
    signIn.logout('idle').catch(() => {})
    return true
  }

  session.onSignal('token', ({ isSignIn, isNewEpoch, origin }) => {
    // A page that takes the token of another tab while it loads is not yet activity of the user.
    const isTakenOnLoad = origin.by === 'other-tab' && !isNewEpoch
    if (isSignIn && !isTakenOnLoad) touch()
  })
  session.onSignal('activity', () => {
    // Activity after the limit comes too late: it signs out instead of extending the session.
    if (!signOutIfDue()) touch()
  })
  session.onSignal('background', signOutIfDue)

  return { dueInMs, signOutIfDue }
}
