// Pending sign-outs: notes them in storage, and sends them until the server has confirmed them.

import type {
  IssuedToken,
  LogoutAnswer,
  SessionCredential
} from '../auth-api/answers/token-answer.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { StoredValue } from '../lib/stored-value.ts'
import type { ClientPlatform } from '../lib/time.ts'
import { compareUsers } from '../session/adoption.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { longestQueueMs } from './call-order.ts'

/** The credential of a session that the user has ended. */
type EndedSession = SessionCredential & Pick<HeldToken, 'userId'>

export interface SignOut {
  /** Notes a sign-out, also for the next page load. `token` is the token of the ended session. */
  note(token: EndedSession | undefined): void
  /**
   * Sends the pending sign-outs, exclusively. Resolves to `true` if the server has confirmed all of
   * them. `mayStart` is asked after the wait for the lock.
   */
  deliver(mayStart?: () => boolean): Promise<boolean>
  /** As `deliver`, and `false` if it takes too long. The sign-outs are sent all the same. */
  deliverInTime(): Promise<boolean>
  /** The ID of an unconfirmed sign-out of this or another tab. */
  pending(): string | undefined
  /** Whether another tab has signed out since `before` was pending. */
  isNewElsewhere(before: string | undefined): boolean
  /** Drops the pending sign-outs: the user signed in, so they belong to an earlier session. */
  forget(): void
  dispose(): void
}

export interface SignOutDeps {
  readonly tokenRequest: Pick<TokenRequest, 'logout'>
  readonly tabs: Pick<Tabs, 'runExclusively'>
  readonly receive: ReceiveToken
  readonly refresh: ResolvedContract['refresh']
  readonly signOutMark: StoredValue
  readonly platform: ClientPlatform
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  /** `false`: the backend has no logout endpoint, so each sign-out counts as confirmed. */
  readonly canLogOut: boolean
}

export function createSignOut(options: SignOutDeps): SignOut {
  const { tokenRequest, tabs, signOutMark, receive, platform, refreshAbandonMs } = options
  const { canLogOut, refresh, refreshTimeoutMs } = options
  const { wait } = platform
  /** Without a logout endpoint, the cookie outlives a sign-out. The mark then stays too. */
  const isRestorable =
    typeof refresh === 'function' || (refresh !== false && refresh.credential === 'cookie')
  // Credentials of sessions that the server has not ended yet. Empty if a cookie identifies them.
  const credentials = new Set<EndedSession>()
  /** The last ID that this tab has stored. */
  let own: string | undefined
  let isDisposed = false

  /** A sign-in in any tab clears the mark. A sign-in outside the client only changes the user. */
  function mayRepeat(ended: EndedSession | undefined, refreshed: IssuedToken | undefined): boolean {
    if (signOutMark.read() === undefined) return false
    if (ended === undefined || refreshed === undefined) return true
    const found = receive(refreshed, { isSignIn: false, previous: undefined })
    return compareUsers(ended, found, 'unknown') !== 'other'
  }

  async function send(ended: EndedSession | undefined): Promise<LogoutAnswer['kind']> {
    const answer = await wait<LogoutAnswer>(
      (signal) => tokenRequest.logout(ended, signal, (refreshed) => mayRepeat(ended, refreshed)),
      {
        deadlineMs: refreshAbandonMs,
        onTimeout: () => ({ kind: 'unconfirmed', credential: ended })
      }
    )
    if (ended === undefined) return answer.kind
    credentials.delete(ended)
    const next = answer.kind === 'unconfirmed' ? answer.credential : undefined
    if (next !== undefined && signOutMark.read() !== undefined) {
      credentials.add({ ...next, userId: ended.userId })
    }
    return answer.kind
  }

  async function sendAll(): Promise<boolean> {
    const id = signOutMark.read()
    const kinds = new Set<LogoutAnswer['kind']>()
    for (const ended of credentials.size === 0 ? [undefined] : [...credentials]) {
      // If the user signed in during a wait, there is a new session, which must not end.
      if (signOutMark.read() === undefined || isDisposed) return false
      kinds.add(await send(ended))
    }
    if (!kinds.has('unconfirmed') && signOutMark.read() === id) signOutMark.clear()
    return kinds.size === 1 && kinds.has('confirmed')
  }

  async function deliver(mayStart: () => boolean): Promise<boolean> {
    return canLogOut ? tabs.runExclusively(async () => mayStart() && sendAll()) : true
  }

  //  refresh ─────────────── POST …no answer…
  //  logout() ─ signed out ─ has not begun in time: not confirmed ─ (waits for the lock) ─ POST
  async function deliverInTime(): Promise<boolean> {
    const onTimeout = () => false
    let begin = () => {}
    const begun = new Promise<boolean>((resolve) => {
      begin = () => resolve(true)
    })
    const delivery = deliver(() => {
      begin()
      return true
    })
    const answer = wait(delivery, { deadlineMs: refreshTimeoutMs, onTimeout })
    answer.then(begin, begin)
    return (await wait(begun, { deadlineMs: longestQueueMs, onTimeout })) && answer
  }

  return {
    note(token) {
      if (!canLogOut && !isRestorable) return
      if (token !== undefined && canLogOut) {
        const { accessToken, refreshToken, userId } = token
        credentials.add({ accessToken, refreshToken, userId })
      }
      own = platform.randomId()
      signOutMark.set(own)
    },
    deliver: (mayStart = () => true) => deliver(mayStart),
    deliverInTime,
    pending: signOutMark.read,
    isNewElsewhere(before) {
      const id = signOutMark.read()
      return id !== undefined && id !== before && id !== own
    },
    forget() {
      credentials.clear()
      signOutMark.clear()
    },
    dispose() {
      isDisposed = true
      credentials.clear()
    }
  }
}
