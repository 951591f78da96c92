// What tabs tell each other: versioned messages over a channel, read strictly, since any script of the origin can write them.
import type { Platform, PlatformChannel } from '../lib/platform.ts'
import type { Stamp } from './session-version.ts'
import { readRecord, readSharedToken, type SharedToken } from './shared-token.ts'

/** What came to pass in the tab that tells of a token; `handed` answers one that asked. */
export type TokenNews = 'signed-in' | 'renewed' | 'reissued' | 'handed'

export type EndReason = 'signed-out' | 'session-expired' | 'idle'

export type SiblingMessage =
  | { readonly type: 'ask' }
  | {
      readonly type: 'token'
      readonly stamp: Stamp
      readonly news: TokenNews
      /** `undefined` where tabs only signal. */
      readonly token: SharedToken | undefined
    }
  | { readonly type: 'ended'; readonly stamp: Stamp; readonly reason: EndReason }

/** Messages of another version are not understood, and left alone. */
const version = 1

export interface SiblingChannel {
  post(message: SiblingMessage): void
  /** Before the page is frozen or put aside; a channel that is open keeps it from the back/forward cache. */
  close(): void
  open(): void
}

export function createSiblingChannel(
  platform: Pick<Platform, 'openChannel'>,
  name: string,
  onMessage: (message: SiblingMessage) => void
): SiblingChannel {
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

const tokenNews: readonly unknown[] = ['signed-in', 'renewed', 'reissued', 'handed']
const endReasons: readonly unknown[] = ['signed-out', 'session-expired', 'idle']

/** The message, or `undefined` where it is not one of ours. Reads own properties only. */
export function readMessage(data: unknown): SiblingMessage | undefined {
  const message = readRecord(data)
  if (message?.version !== version) return undefined
  const { type, news, reason } = message
  if (type === 'ask') return { type }
  const stamp = readStamp(message.stamp)
  if (stamp === undefined) return undefined
  if (type === 'ended' && endReasons.includes(reason)) {
    return { type, stamp, reason: reason as EndReason }
  }
  if (type !== 'token' || !tokenNews.includes(news)) return undefined
  const token = readSharedToken(message.token)
  if (token === undefined && message.token !== undefined) return undefined
  return { type, stamp, news: news as TokenNews, token }
}

function readStamp(value: unknown): Stamp | undefined {
  const { generation, sessionId } = readRecord(value) ?? {}
  if (!Number.isSafeInteger(generation) || Number(generation) < 0) return undefined
  const isId = typeof sessionId === 'string' && /^[\w-]{2,64}$/.test(sessionId)
  if (!isId && sessionId !== null && sessionId !== undefined) return undefined
  return {
    generation: Number(generation),
    sessionId: isId ? sessionId : sessionId === null ? null : undefined
  }
}
