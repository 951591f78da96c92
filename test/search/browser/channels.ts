// Channels of a browser profile: each message reaches every other page in order, late, or never.
import type { PlatformChannel } from 'everbearer'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import type { Draw } from './draws.ts'
import { createLink, type Link } from './link.ts'

export type ChannelKind = 'normal' | 'lossy' | 'laggy' | 'missing'

interface Listener {
  readonly name: string
  readonly link: Link
  /** Whether a message arrives while the page is frozen, and waits. */
  readonly receive: (message: unknown) => void
}

export interface ProfileChannels {
  open(
    pageId: number,
    name: string,
    receive: (message: unknown) => void,
    isAlive: () => boolean
  ): PlatformChannel
  /** Posts to every page, as any script of the origin can. */
  forge(message: unknown): void
  openChannels(): number
}

/** In Chromium a message takes up to 8 ms, and more in a busy tab. */
const longestMessageLagMs = 40

export function createProfileChannels(
  clock: ManualClock,
  draw: Draw,
  kind: ChannelKind
): ProfileChannels {
  const listeners = new Set<Listener>()
  const mostMs = kind === 'laggy' ? 3_000 : longestMessageLagMs

  function deliver(message: unknown, from: Listener | undefined): void {
    const copy = structuredClone(message)
    for (const listener of listeners) {
      if (listener === from || (from !== undefined && listener.name !== from.name)) continue
      if (kind === 'lossy' && draw('lost message') < 0.4) continue
      listener.link.send(() => listeners.has(listener) && listener.receive(copy))
    }
  }

  return {
    open(pageId, name, receive, isAlive) {
      const lagMs = () => Math.floor(draw(`messages to page ${pageId}`) ** 2 * (mostMs + 1))
      const listener: Listener = { name, link: createLink(clock, lagMs), receive }
      listeners.add(listener)
      return {
        post: (message) => {
          if (isAlive()) deliver(message, listener)
        },
        close: () => void listeners.delete(listener)
      }
    },
    forge: (message) => deliver(message, undefined),
    openChannels: () => listeners.size
  }
}
