// Pending sign-outs: notes them in storage, and sends them until the server has confirmed them.

import type { SessionCredential, TokenRequest } from '../auth-api/token-request.ts'
import type { Platform } from '../lib/platform.ts'
import type { StoredValue } from '../lib/stored-value.ts'
import { untilAbandoned } from '../lib/time.ts'
import type { Tabs } from '../tabs/tabs.ts'

export interface SignOut {
  /** Notes a sign-out, also for the next page load. `token` is the token of the ended session. */
  note(token: SessionCredential | undefined): void
  /**
   * Sends the pending sign-outs, exclusively. Resolves to `true` if the server has confirmed all of
   * them.
   */
  deliver(): Promise<boolean>
  /** Whether a sign-out of this or another tab is unconfirmed. */
  isPending(): boolean
  /** Drops the pending sign-outs: the user signed in, so they belong to an earlier session. */
  forget(): void
  dispose(): void
}

export interface SignOutDeps {
  readonly tokenRequest: Pick<TokenRequest, 'logout' | 'credentialOf'>
  readonly tabs: Pick<Tabs, 'runExclusively'>
  readonly signOutMark: StoredValue
  readonly platform: Platform
  readonly refreshAbandonMs: number
}

export function createSignOut(options: SignOutDeps): SignOut {
  const { tokenRequest, tabs, signOutMark, platform, refreshAbandonMs } = options
  // Credentials of sessions that the server has not ended yet. Empty if a cookie identifies them.
  const credentials = new Set<SessionCredential>()
  let isDisposed = false

  async function send(credential: SessionCredential | undefined): Promise<boolean> {
    const isConfirmed = await untilAbandoned(platform, refreshAbandonMs, (signal) =>
      tokenRequest.logout(credential, signal)
    )
    if (isConfirmed && credential !== undefined) credentials.delete(credential)
    return isConfirmed
  }

  async function sendAll(): Promise<boolean> {
    const id = signOutMark.read()
    // If the user signed in during the wait for the lock, there is a new session, which must not
    // end.
    if (id === undefined || isDisposed) return false
    let isConfirmed = true
    for (const credential of credentials.size === 0 ? [undefined] : [...credentials]) {
      isConfirmed = (await send(credential)) && isConfirmed
    }
    if (isConfirmed && signOutMark.read() === id) signOutMark.clear()
    return isConfirmed
  }

  return {
    note(token) {
      const credential = token && tokenRequest.credentialOf(token)
      if (credential !== undefined) credentials.add(credential)
      signOutMark.set(platform.randomId())
    },
    deliver: () => tabs.runExclusively(sendAll),
    isPending: () => signOutMark.read() !== undefined,
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
