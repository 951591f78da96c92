// Sign-outs on their way to the server: each counts here at once, and is told until the server has confirmed it.

import type { SessionCredential, TokenRequest } from '../auth-api/token-request.ts'
import { untilAbandoned } from '../lib/deadline.ts'
import type { Platform } from '../lib/platform.ts'
import type { StoredValue } from '../lib/stored-value.ts'
import type { AuthLock } from '../tabs/lock.ts'

export interface SignOut {
  /** Notes one, also for the next page load. `token` is of the session that has ended, where there was one. */
  note(token: SessionCredential | undefined): void
  /** Tells the server, in its turn; `true` where it has confirmed all. */
  deliver(): Promise<boolean>
  /** Is there one that the server has not confirmed, of this tab or of another one? */
  isPending(): boolean
  /** Somebody signed in: what was pending is of an earlier session. */
  forget(): void
  dispose(): void
}

export interface SignOutDeps {
  readonly tokenRequest: Pick<TokenRequest, 'logout' | 'credentialOf'>
  readonly lock: AuthLock
  readonly mark: StoredValue
  readonly platform: Platform
  readonly refreshAbandonMs: number
}

export function createSignOut(options: SignOutDeps): SignOut {
  const { tokenRequest, lock, mark, platform, refreshAbandonMs } = options
  // What names the sessions to the server that it has not confirmed the end of; nothing where the cookie does.
  const credentials = new Set<SessionCredential>()
  let isDisposed = false

  async function send(credential: SessionCredential | undefined): Promise<boolean> {
    const isConfirmed = await untilAbandoned(platform, refreshAbandonMs, (signal) =>
      tokenRequest.logout(credential, signal)
    )
    if (isConfirmed && credential !== undefined) credentials.delete(credential)
    return isConfirmed
  }

  return {
    note(token) {
      const credential = token && tokenRequest.credentialOf(token)
      if (credential !== undefined) credentials.add(credential)
      mark.set(platform.randomId())
    },
    deliver: () =>
      lock.run(async () => {
        const id = mark.read()
        // Somebody signed in while this waited for its turn: there is a new session, and it is not the one to end.
        if (id === undefined || isDisposed) return false
        let isConfirmed = true
        for (const credential of credentials.size === 0 ? [undefined] : [...credentials]) {
          isConfirmed = (await send(credential)) && isConfirmed
        }
        if (isConfirmed && mark.read() === id) mark.clear()
        return isConfirmed
      }),
    isPending: () => mark.read() !== undefined,
    forget() {
      credentials.clear()
      mark.clear()
    },
    dispose() {
      isDisposed = true
      credentials.clear()
    }
  }
}
