// Known session: the session of this tab, and whether the record has a newer change of it.
import type { Session } from '../session/session.ts'
import { endOf, liveSession, type RecordValue } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

/** A session, and the last change of it that this tab has caught up with. */
export type Seen = Pick<RecordValue, 'counter' | 'sessionId'>

export interface KnownSession {
  seen(): Seen
  /** The live session if it is not the one of this tab. */
  other(): string | undefined
  compare(sessionId: string | undefined): 'same' | 'other' | 'unknown'
  isBehind(): boolean
  catchUpTo(value: Seen): void
  /** No other tab can say more about this session. */
  catchUpAlone(): void
  /** Storage was cleared while the page was away, so only the server knows about the token. */
  doubt(): void
  /** Ends the session of this tab if another tab has ended it. */
  followEnd(): void
}

export function createKnownSession(
  session: Session,
  record: SessionRecord,
  isOff: boolean
): KnownSession {
  // A new page has no session, so there is nothing to catch up with.
  let seen: Seen = { counter: record.known().counter, sessionId: liveSession(record.known()) }
  let isInDoubt = false
  const isSignedIn = () => session.getState().status === 'authenticated'

  function other(): string | undefined {
    const live = liveSession(record.known())
    const isKnown = seen.sessionId !== undefined || !isSignedIn()
    return isKnown && live !== seen.sessionId && !isOff ? live : undefined
  }

  function catchUpTo({ counter, sessionId }: Seen): void {
    seen = { counter, sessionId }
    isInDoubt = false
  }

  return {
    seen: () => seen,
    other,
    compare(sessionId) {
      if (isOff || sessionId === undefined || seen.sessionId === undefined) return 'unknown'
      return sessionId === seen.sessionId ? 'same' : 'other'
    },
    isBehind() {
      const isNews = record.known().counter > seen.counter || other() !== undefined
      return isInDoubt || (isNews && !isOff)
    },
    catchUpTo,
    catchUpAlone() {
      if (other() !== undefined || isInDoubt) return
      seen = { counter: record.known().counter, sessionId: seen.sessionId }
    },
    doubt() {
      isInDoubt = true
    },
    followEnd() {
      const now = record.known()
      const isNews = now.counter > seen.counter
      // Without a live session, an earlier session of this tab has ended too.
      const end = endOf(now, seen.sessionId) ?? (isNews ? endOf(now, now.sessionId) : undefined)
      // After a sign-out and another sign-in, this tab stays behind until it knows the new user.
      if (end === undefined || !isSignedIn() || other() !== undefined) return
      catchUpTo({ counter: now.counter, sessionId: end.id })
      session.end(end.reason, 'other-tab')
    }
  }
}
