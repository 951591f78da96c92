// The stamp: how far the session has come, as all tabs of a browser know it. It lies in storage and holds no secret.
import type { Platform } from '../lib/platform.ts'
import { createStoredValue, type StoredValue } from '../lib/stored-value.ts'

export interface SessionVersion {
  /** Counts what happens to the session, over all tabs: whoever does something takes the next number after the highest it knows. */
  readonly generation: number
  /** Names the sign-in by chance; `null` after a sign-out, `undefined` where nobody could note it. */
  readonly sessionId: string | null | undefined
}

export interface SessionVersions {
  /** The last that this tab has taken part in. */
  seen(): SessionVersion
  /** The last that any tab has noted. */
  stored(): SessionVersion
  /** Does a tab know more than this one? */
  isBehind(): boolean
  /** Does this stamp mean the sign-in that this tab has taken part in? */
  compare(stamp: SessionVersion): 'same' | 'other' | 'unknown'
  /** Is there, as far as tabs know, a session that one of them may hold a token of? */
  mayBeSignedIn(): boolean
  /** Does storage bear out what a message says? Where tabs share none, there is nothing to hold against it. */
  confirms(stamp: SessionVersion): boolean
  /** This tab has caught up with what another one told. */
  follow(stamp: SessionVersion): void
  /** Something happened here. */
  advance(sessionId: string | null | undefined): SessionVersion
  /** The name of the session that this tab has just been given by the server. */
  currentSessionId(): string | undefined
}

export function createSessionVersions(
  platform: Pick<Platform, 'storage' | 'randomId'>,
  key: string
): SessionVersions {
  const mark = createStoredValue(platform.storage, key)
  const unknown: SessionVersion = { generation: 0, sessionId: undefined }
  const stored = () => readSessionVersion(mark) ?? unknown
  // A page that has just been loaded has taken part in nothing, but it is behind nobody: it knows of no session yet.
  let seen = stored()

  return {
    seen: () => seen,
    stored,
    isBehind: () => stored().generation > seen.generation,
    compare({ sessionId }) {
      if (typeof sessionId !== 'string' || typeof seen.sessionId !== 'string') return 'unknown'
      return sessionId === seen.sessionId ? 'same' : 'other'
    },
    mayBeSignedIn: () => typeof stored().sessionId === 'string' || !mark.isShared(),
    confirms(stamp) {
      const { generation, sessionId } = stored()
      if (!mark.isShared() || generation > stamp.generation) return true
      return generation === stamp.generation && sessionId === stamp.sessionId
    },
    follow(stamp) {
      if (stamp.generation >= seen.generation) seen = stamp
    },
    advance(sessionId) {
      seen = { generation: Math.max(seen.generation, stored().generation) + 1, sessionId }
      mark.set(`${seen.generation} ${sessionId ?? (sessionId === null ? '-' : '?')}`)
      return seen
    },
    currentSessionId() {
      const known = stored().sessionId ?? seen.sessionId
      if (typeof known === 'string') return known
      // Where tabs share no storage, each would make up a name of its own, and take the others for somebody else.
      return mark.isShared() ? platform.randomId() : undefined
    }
  }
}

function readSessionVersion(mark: StoredValue): SessionVersion | undefined {
  const [, generation, id] = /^(\d{1,15}) ([\w-]{1,64}|\?)$/.exec(mark.read() ?? '') ?? []
  if (generation === undefined) return undefined
  return {
    generation: Number(generation),
    sessionId: id === '-' ? null : id === '?' ? undefined : id
  }
}
