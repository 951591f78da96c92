// What tabs tell each other: versioned messages over a channel, read strictly, since any script of the origin can write them.
import type { Platform, PlatformChannel } from '../lib/platform.ts'
import type { SessionVersion } from './session-version.ts'
import { readRecord, readSharedToken, type SharedToken } from './shared-token.ts'

/** What came to pass in the tab that tells of a token; `handed` answers one that asked. */
export type TokenMessageReason = 'signed-in' | 'refreshed' | 'reissued' | 'handed'

export type EndReason = 'signed-out' | 'session-expired' | 'idle'

export type TabMessage =
  | { readonly type: 'ask' }
  | {
      readonly type: 'token'
      readonly stamp: SessionVersion
      readonly news: TokenMessageReason
      /** `undefined` where tabs only signal. */
      readonly token: SharedToken | undefined
    }
  | { readonly type: 'ended'; readonly stamp: SessionVersion; readonly reason: EndReason }

/** Messages of another version are not understood, and left alone. */
const version = 1

export interface TabChannel {
  post(message: TabMessage): void
  /** Before the page is frozen or put aside; a channel that is open keeps it from the back/forward cache. */
  close(): void
  open(): void
}

export function createTabChannel(
  platform: Pick<Platform, 'openChannel'>,
  name: string,
  onMessage: (message: TabMessage) => void
): TabChannel {
  let channel: PlatformChannel | undefined

  function receive(data: unknown): void {
    const message = readMessage(data)
    if (channel !== undefined && message !== undefined) onMessage(message)
  }

  return {
    // Whatever a channel throws, the token that should have been told of is held here all the same.
    post(message) {
      try {
        channel?.post({ version, ...message })
      } catch {}
    },
    open() {
      try {
        channel ??= platform.openChannel?.(name, receive)
      } catch {}
    },
    close() {
      const closing = channel
      channel = undefined
      closing?.close()
    }
  }
}

const tokenNews: readonly unknown[] = ['signed-in', 'refreshed', 'reissued', 'handed']
const endReasons: readonly unknown[] = ['signed-out', 'session-expired', 'idle']

/** The message, or `undefined` where it is not one of ours. Reads own properties only. */
export function readMessage(data: unknown): TabMessage | undefined {
  const message = readRecord(data)
  if (message?.version !== version) return undefined
  const { type, news, reason } = message
  if (type === 'ask') return { type }
  const stamp = readSessionVersion(message.stamp)
  if (stamp === undefined) return undefined
  if (type === 'ended' && endReasons.includes(reason)) {
    return { type, stamp, reason: reason as EndReason }
  }
  if (type !== 'token' || !tokenNews.includes(news)) return undefined
  const token = readSharedToken(message.token)
  if (token === undefined && message.token !== undefined) return undefined
  return { type, stamp, news: news as TokenMessageReason, token }
}

function readSessionVersion(value: unknown): SessionVersion | undefined {
  const { generation, sessionId } = readRecord(value) ?? {}
  if (!Number.isSafeInteger(generation) || Number(generation) < 0) return undefined
  const isId = typeof sessionId === 'string' && /^[\w-]{2,64}$/.test(sessionId)
  if (!isId && sessionId !== null && sessionId !== undefined) return undefined
  return {
    generation: Number(generation),
    sessionId: isId ? sessionId : sessionId === null ? null : undefined
  }
}
