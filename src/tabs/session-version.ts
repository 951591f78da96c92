// Session version: a counter and a session ID in storage, which all tabs share. It is not a secret.
import type { Platform } from '../lib/platform.ts'
import { createStoredValue, type StoredValue } from '../lib/stored-value.ts'

export interface SessionVersion {
  /** Counts the changes of the session in all tabs: a tab that changes it takes the next number. */
  readonly generation: number
  /** A random ID of the sign-in; `null` after a sign-out, `undefined` if it is unknown. */
  readonly sessionId: string | null | undefined
}

export interface SessionVersions {
  /** The last version that this tab has caught up with. */
  seen(): SessionVersion
  /** The last version that any tab has stored. */
  stored(): SessionVersion
  /** Whether another tab has stored a newer version. */
  isBehind(): boolean
  /** Whether a version belongs to the sign-in that this tab knows. */
  compare(version: SessionVersion): 'same' | 'other' | 'unknown'
  /** Whether another tab may hold a token, as far as storage knows. */
  mayBeSignedIn(): boolean
  /**
   * Whether storage confirms the version in a message. Without shared storage, every message is
   * accepted.
   */
  confirms(version: SessionVersion): boolean
  /** This tab has caught up with a version of another tab. */
  follow(version: SessionVersion): void
  /** Stores a change that this tab made. */
  advance(sessionId: string | null | undefined): SessionVersion
  /** The ID of the session that the server has just given to this tab. */
  currentSessionId(): string | undefined
}

export function createSessionVersions(
  platform: Pick<Platform, 'storage' | 'randomId'>,
  key: string
): SessionVersions {
  const value = createStoredValue(platform.storage, key)
  const unknown: SessionVersion = { generation: 0, sessionId: undefined }
  const stored = () => readSessionVersion(value) ?? unknown
  // A new page starts at the stored version: it has no session, so there is nothing to catch up
  // with.
  let seen = stored()

  return {
    seen: () => seen,
    stored,
    isBehind: () => stored().generation > seen.generation,
    compare({ sessionId }) {
      if (typeof sessionId !== 'string' || typeof seen.sessionId !== 'string') return 'unknown'
      return sessionId === seen.sessionId ? 'same' : 'other'
    },
    mayBeSignedIn: () => typeof stored().sessionId === 'string' || !value.isShared(),
    confirms(version) {
      const { generation, sessionId } = stored()
      if (!value.isShared() || generation > version.generation) return true
      return generation === version.generation && sessionId === version.sessionId
    },
    follow(version) {
      if (version.generation >= seen.generation) seen = version
    },
    advance(sessionId) {
      seen = { generation: Math.max(seen.generation, stored().generation) + 1, sessionId }
      value.set(`${seen.generation} ${sessionId ?? (sessionId === null ? '-' : '?')}`)
      return seen
    },
    currentSessionId() {
      const known = stored().sessionId ?? seen.sessionId
      if (typeof known === 'string') return known
      // Without shared storage each tab would choose an ID and mistake the other tabs for another
      // session.
      return value.isShared() ? platform.randomId() : undefined
    }
  }
}

function readSessionVersion(value: StoredValue): SessionVersion | undefined {
  const [, generation, id] = /^(\d{1,15}) ([\w-]{1,64}|\?)$/.exec(value.read() ?? '') ?? []
  if (generation === undefined) return undefined
  return {
    generation: Number(generation),
    sessionId: id === '-' ? null : id === '?' ? undefined : id
  }
}
