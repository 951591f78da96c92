// A sign-out on its way to the server: it counts here at once, and is told until the server has confirmed it.
import type { Platform } from '../platform.ts'
import type { StoredMark } from '../session/stored-mark.ts'
import type { AuthLock } from '../tabs/lock.ts'
import { untilAbandoned } from './deadline.ts'
import type { TokenRequest } from './token-request.ts'

export interface SignOut {
  /** Notes one, also for the next page load; `refreshToken` is what the server is to revoke, where scripts hold it. */
  note(refreshToken: string | undefined): void
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

export function createSignOut(options: SignOutOptions): SignOut {
  const { tokenRequest, lock, mark, platform, refreshAbandonMs } = options
  // The refresh tokens of sign-outs that are not delivered yet, by mark.
  const revocations = new Map<string, string>()
  let isDisposed = false

  return {
    note(refreshToken) {
      const id = platform.randomId()
      if (refreshToken !== undefined) revocations.set(id, refreshToken)
      mark.set(id)
    },
    deliver: () =>
      lock.run(async () => {
        const id = mark.read()
        // Somebody signed in while this waited for its turn: there is a new session, and it is not the one to end.
        if (id === undefined || isDisposed) return false
        const isConfirmed = await untilAbandoned(platform, refreshAbandonMs, (signal) =>
          tokenRequest.logout(revocations.get(id), signal)
        )
        if (isConfirmed) revocations.delete(id)
        if (isConfirmed && mark.read() === id) mark.clear()
        return isConfirmed
      }),
    isPending: () => mark.read() !== undefined,
    forget: mark.clear,
    dispose() {
      isDisposed = true
      revocations.clear()
    }
  }
}
