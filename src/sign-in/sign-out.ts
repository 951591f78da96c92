// Pending sign-outs: sends the sign-outs of the record until the server has confirmed them.

import type {
  IssuedToken,
  LogoutAnswer,
  SessionCredential
} from '../auth-api/answers/token-answer.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { ClientPlatform } from '../lib/time.ts'
import { compareUsers } from '../session/adoption.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import { pendingSignOut } from '../tabs/record-value.ts'
import type { SessionRecord } from '../tabs/session-record.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { longestQueueMs } from './call-order.ts'

/** The credential of a session that the user has ended. */
type EndedSession = SessionCredential & Pick<HeldToken, 'userId'>

export interface SignOut {
  /** Notes the token of the session that the pending sign-out ends. */
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
  /** The user signed in, so the tokens of earlier sessions no longer matter. */
  forget(): void
  dispose(): void
}

export interface SignOutDeps {
  readonly tokenRequest: Pick<TokenRequest, 'logout'>
  readonly tabs: Pick<Tabs, 'runExclusively'>
  readonly receive: ReceiveToken
  readonly refresh: ResolvedContract['refresh']
  readonly record: SessionRecord
  readonly platform: ClientPlatform
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  /** `false`: the backend has no logout endpoint, so each sign-out counts as confirmed. */
  readonly canLogOut: boolean
}

export function createSignOut(options: SignOutDeps): SignOut {
  const { tokenRequest, tabs, record, receive, platform, refreshAbandonMs } = options
  const { canLogOut, refresh, refreshTimeoutMs } = options
  const { wait } = platform
  /** Without a logout endpoint, the cookie outlives a sign-out. It then stays pending. */
  const isRestorable =
    typeof refresh === 'function' || (refresh !== false && refresh.credential === 'cookie')
  // Credentials of sessions that the server has not ended yet. Empty if a cookie identifies them.
  const credentials = new Set<EndedSession>()
  let isDisposed = false

  const pending = () => pendingSignOut(record.read())

  // After a sign-in, no sign-out is pending. A sign-in outside the client only changes the user.
  function mayRepeat(ended: EndedSession | undefined, refreshed: IssuedToken | undefined): boolean {
    if (pending() === undefined) return false
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
    if (next !== undefined && pending() !== undefined) {
      credentials.add({ ...next, userId: ended.userId })
    }
    return answer.kind
  }

  async function sendAll(): Promise<boolean> {
    const id = pending()
    const kinds = new Set<LogoutAnswer['kind']>()
    for (const ended of credentials.size === 0 ? [undefined] : [...credentials]) {
      // If the user signed in during a wait, there is a new session, which must not end.
      if (pending() === undefined || isDisposed) return false
      kinds.add(await send(ended))
    }
    if (!kinds.has('unconfirmed') && id !== undefined) record.confirm(id)
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
      const id = pending()
      if (!canLogOut && !isRestorable && id !== undefined) record.confirm(id)
      if (token === undefined || !canLogOut) return
      const { accessToken, refreshToken, userId } = token
      credentials.add({ accessToken, refreshToken, userId })
    },
    deliver: (mayStart = () => true) => deliver(mayStart),
    deliverInTime,
    pending,
    forget: () => credentials.clear(),
    dispose() {
      isDisposed = true
      credentials.clear()
    }
  }
}
