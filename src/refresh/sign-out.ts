// A sign-out on its way to the server: it counts here at once, and is told until the server has confirmed it.
import type { Platform } from '../platform.ts'
import type { StoredMark } from '../session/stored-mark.ts'
import type { AuthLock } from '../tabs/lock.ts'
import { untilAbandoned } from './deadline.ts'
import type { SessionCredential, TokenRequest } from './token-request.ts'

export interface SignOut {
  /** Notes one, also for the next page load; `credential` is what tells the server whose it is, where no cookie does. */
  note(credential: SessionCredential | undefined): void
  /** Tells the server, in its turn; `true` where it has confirmed. */
  deliver(): Promise<boolean>
  /** Is there one that the server has not confirmed, of this tab or of another one? */
  isPending(): boolean
  /** Somebody signed in: what was pending is of an earlier session. */
  forget(): void
  dispose(): void
}

export interface SignOutOptions {
  readonly tokenRequest: Pick<TokenRequest, 'logout'>
  readonly lock: AuthLock
  readonly mark: StoredMark
  readonly platform: Platform
  readonly refreshAbandonMs: number
}

const unknown: SessionCredential = { accessToken: undefined, refreshToken: undefined }

export function createSignOut(options: SignOutOptions): SignOut {
  const { tokenRequest, lock, mark, platform, refreshAbandonMs } = options
  // Those of sign-outs that are not delivered yet, by mark.
  const credentials = new Map<string, SessionCredential>()
  let isDisposed = false

  return {
    note(credential) {
      const id = platform.randomId()
      if (credential !== undefined) credentials.set(id, credential)
      mark.set(id)
    },
    deliver: () =>
      lock.run(async () => {
        const id = mark.read()
        // Somebody signed in while this waited for its turn: there is a new session, and it is not the one to end.
        if (id === undefined || isDisposed) return false
        const isConfirmed = await untilAbandoned(platform, refreshAbandonMs, (signal) =>
          tokenRequest.logout(credentials.get(id) ?? unknown, signal)
        )
        if (isConfirmed) credentials.delete(id)
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
