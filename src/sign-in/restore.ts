// Restore: decides how a page load finds out whether the user is signed in.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { Platform } from '../lib/platform.ts'
import type { RefreshTokenStore } from '../lib/refresh-token-store.ts'
import type { Session } from '../session/session.ts'
import { liveSession, pendingSignOut, type RecordValue } from '../tabs/record-value.ts'
import type { SessionRecord } from '../tabs/session-record.ts'

interface Credentials {
  readonly contract: Pick<ResolvedContract, 'refresh'>
  readonly refreshTokenStore: RefreshTokenStore | undefined
}

interface RestoreOptions extends Credentials {
  readonly restore: 'always' | 'hint' | 'never' | undefined
  readonly idlePolicy: { readonly signOutAfterSeconds: number | undefined }
}

/**
 * - `ask`: another tab or the server may know the session.
 * - `ask-server`: the user may have signed in on a page of another origin, and the server knows.
 * - `wait`: storage knows no session. If it was cleared, another tab may.
 * - `idle`: the user was idle for too long while no page was open.
 */
export type RestorePlan = 'initial-token' | 'ask' | 'ask-server' | 'wait' | 'idle' | 'none'

export function planRestore(
  { restore, contract, idlePolicy }: RestoreOptions,
  record: RecordValue,
  { initialToken, canAsk }: { readonly initialToken: unknown; readonly canAsk: boolean },
  platform: Pick<Platform, 'pageUrl' | 'referrerOrigin' | 'now'>
): RestorePlan {
  const { signOutAfterSeconds: limitSeconds = Infinity } = idlePolicy
  const page = platform.pageUrl()
  const hasInitialToken = initialToken !== undefined
  const isKnown = liveSession(record) !== undefined
  const usual = contract.refresh === false ? 'hint' : 'always'
  const chosen = restore ?? (page === undefined ? 'never' : usual)
  if (chosen === 'never' && !hasInitialToken) return 'none'
  const idleMs = record.activeAtMs === 0 ? 0 : platform.now() - record.activeAtMs
  if (isKnown && idleMs >= limitSeconds * 1000) return 'idle'
  // An unconfirmed sign-out comes first: a restore would undo it.
  if (pendingSignOut(record) !== undefined) return 'none'
  if (hasInitialToken) return 'initial-token'
  const origin = platform.referrerOrigin()
  const isReturn = page !== undefined && origin !== undefined && origin !== new URL(page).origin
  const mustAskServer = isReturn && canAsk
  if (chosen === 'hint' && !isKnown) return mustAskServer ? 'none' : 'wait'
  return mustAskServer ? 'ask-server' : 'ask'
}

/** Whether the server can be asked for the session by a page that holds no access token. */
export function canAskServer(
  { contract: { refresh }, refreshTokenStore }: Credentials,
  initialRefreshToken: string | undefined
): boolean {
  if (typeof refresh === 'function') return true
  if (refresh === false || refresh.credential === 'access-token') return false
  const hasRefreshToken = (refreshTokenStore ?? initialRefreshToken) !== undefined
  return refresh.credential === 'cookie' || hasRefreshToken
}

/** If the server knows no session, the next page load does not ask it. */
export function keepRestoreHint(
  session: Session,
  record: Pick<SessionRecord, 'known' | 'read' | 'enter'>
): void {
  const hinted = liveSession(record.known())
  session.onSignal('ended', ({ origin, reason }) => {
    const isAnswer = reason === 'no-session' && origin === 'refresh'
    // Another tab may have signed in since.
    if (isAnswer && liveSession(record.read()) === hinted) record.enter(undefined)
  })
}
