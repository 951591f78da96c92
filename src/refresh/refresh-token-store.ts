// Refresh token store: keeps the refresh token in the store of the app, across page loads.
import type { Notices } from '../auth-api/notices.ts'
import { AuthError } from '../lib/errors.ts'
import type { RefreshTokenStore } from '../lib/refresh-token-store.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { Session } from '../session/session.ts'

export interface StoredRefreshToken {
  /**
   * The token to present. `inMemory`: the last one that this tab has received.
   *
   * @throws AuthError if none is in memory, and the store fails or does not answer in time, or the
   * read is abandoned
   */
  read(inMemory: string | undefined): Promise<string | undefined>
  /**
   * Stores the successor of a spent token at once. The page may unload before the session knows it,
   * and a server with reuse detection takes the spent token for theft.
   */
  replace(spent: string | undefined, successor: string): void
  /** Rejects the pending reads, because a sign-in or a sign-out must not wait for them. */
  abandonReads(): void
}

export interface StoredRefreshTokenDeps {
  readonly store: RefreshTokenStore
  readonly session: Session
  readonly notices: Pick<Notices, 'storeFailed'> | undefined
  readonly platform: Pick<ClientPlatform, 'wait'>
  readonly refreshAbandonMs: number
}

const rememberedTokens = 16
/** A refresh that can do without the store waits for it so long, in milliseconds. */
const patienceMs = 1_000

/** Follows the session: stores each new refresh token, and removes the last one. */
export function createStoredRefreshToken(options: StoredRefreshTokenDeps): StoredRefreshToken {
  const { store, session, notices, platform, refreshAbandonMs } = options
  let reads = new AbortController()
  /** The content of the store; `null` if it is unknown. */
  let known: string | undefined | null = null
  let tail: Promise<unknown> = Promise.resolve()
  /** The last tokens that this tab has held or presented. */
  const past = new Set<string>()

  /** Calls a method of the store after all earlier calls. Rejects with an AuthError. */
  async function call<T>(method: keyof RefreshTokenStore, run: () => T | Promise<T>): Promise<T> {
    await tail
    function fail(error: AuthError): never {
      notices?.storeFailed(method)
      throw error
    }
    const running = (async () => run())()
    // An error of the app may hold the token, so it is not passed on.
    const done = running.catch(() => fail(storeFailed()))
    const onTimeout = () => fail(unanswered())
    return platform.wait(done, { deadlineMs: refreshAbandonMs, onTimeout })
  }

  /** The next call waits for `done`, and for all calls before it. */
  function enqueue<T>(done: Promise<T>): Promise<T> {
    tail = Promise.allSettled([tail, done])
    return done
  }

  function write(token: string | undefined): void {
    if (token === known) return
    known = token
    const written =
      token === undefined
        ? call('remove', () => store.remove())
        : call('set', () => store.set(token))
    enqueue(written).catch(() => {})
  }

  function abandonReads(): void {
    reads.abort(unanswered())
    reads = new AbortController()
  }

  session.onSignal('token', ({ origin }) => {
    // The tab that received the token has stored it.
    if (origin.by === 'other-tab') known = readHeld()
    else write(readHeld())
  })
  session.onSignal('repeated', () => write(readHeld()))
  session.onSignal('kept', () => write(readHeld()))
  session.onSignal('ended', ({ origin, reason }) => {
    abandonReads()
    // After a change of user, the store may hold the token of the new user.
    if (origin === 'other-tab' || reason === 'user-changed') known = null
    else write(undefined)
  })

  function readHeld(): string | undefined {
    const token = session.held()?.refreshToken
    remember(token)
    return token
  }

  function remember(token: string | undefined): void {
    if (token === undefined) return
    past.add(token)
    for (const oldest of past) if (past.size > rememberedTokens) past.delete(oldest)
  }

  async function readStore(): Promise<string | undefined> {
    known = null
    const reading = call('get', () => store.get())
    const token = await enqueue(platform.wait(reading, { signal: reads.signal }))
    const read = typeof token === 'string' && token !== '' ? token : undefined
    // A token that was written during the read is newer.
    known ??= read
    return read
  }

  return {
    //  this tab    ── refresh: r1 ──────────────────────────── refresh: reads r2
    //  another tab ────────────── refresh: r2 (its message was missed)
    async read(inMemory) {
      if (inMemory === undefined) return readStore()
      const limits = { deadlineMs: patienceMs, onTimeout: () => undefined }
      const read = await platform.wait(readStore(), limits).catch(() => undefined)
      // A token that was held or presented before is spent: the store has failed to replace it.
      return read === undefined || past.has(read) ? inMemory : read
    },
    // After a sign-out or another sign-in, the store no longer holds the spent token.
    replace(spent, successor) {
      remember(spent)
      if (spent !== undefined && spent === known) write(successor)
    },
    abandonReads
  }
}

function unanswered(): AuthError {
  return new AuthError(
    'ERR_AUTH_TIMEOUT',
    'The refreshTokenStore did not answer in time. The session is kept and the refresh will be retried.'
  )
}

function storeFailed(): AuthError {
  return new AuthError(
    'ERR_AUTH_STORE_FAILED',
    'The refreshTokenStore could not be read. The session is kept and the refresh will be retried.'
  )
}
