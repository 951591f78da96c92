// Restore: decides whether a page load restores the session, and keeps the hint for the next one.
import type { StoredValue } from '../lib/stored-value.ts'
import type { Session } from '../session/session.ts'

export interface RestoreFacts {
  /** The option `restore`. */
  readonly mode: 'always' | 'hint' | 'never' | undefined
  readonly hasPage: boolean
  readonly hasInitialToken: boolean
  /** Whether the backend can refresh a session. */
  readonly canRefresh: boolean
  readonly isSignOutPending: boolean
  /** Set while a user is signed in, if `mode` is `hint`. */
  readonly hint: StoredValue
}

export function mayRestore(facts: RestoreFacts): boolean {
  const { mode, hasPage, hasInitialToken, canRefresh, isSignOutPending, hint } = facts
  if (hasInitialToken || isSignOutPending) return false
  const chosen = mode ?? (hasPage && canRefresh ? 'always' : 'never')
  return chosen === 'hint' ? hint.read() !== undefined : chosen === 'always'
}

export function keepRestoreHint(session: Session, hint: StoredValue): void {
  session.onSignal('token', ({ origin }) => {
    if (origin.by !== 'reissue') hint.set('1')
  })
  session.onSignal('ended', ({ reason }) => {
    // If the cookie is now another user's, there is still a session to restore.
    if (reason !== 'user-changed') hint.clear()
  })
}
