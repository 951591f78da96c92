// Past tokens: which tokens this client has held, and in which session.
import { hash } from '../lib/access-token.ts'

export interface PastTokens {
  /** The session of `epoch` holds the token. */
  add(accessToken: string, epoch: number): void
  /** The epoch in which the token was held last; `undefined` if it is unknown. */
  epochOf(accessToken: string): number | undefined
  clear(): void
}

/**
 * How many past tokens are remembered, so that a cache that replays old headers cannot restore one
 * of them, not even for the next user.
 */
const rememberedTokens = 128

export function createPastTokens(): PastTokens {
  const epochs = new Map<string, number>()
  return {
    add(accessToken, epoch) {
      const id = identify(accessToken)
      // The newest one is the last one of the map.
      epochs.delete(id)
      epochs.set(id, epoch)
      for (const oldest of epochs.keys()) {
        if (epochs.size > rememberedTokens) epochs.delete(oldest)
      }
    },
    epochOf: (accessToken) => epochs.get(identify(accessToken)),
    clear: () => epochs.clear()
  }
}

/** A hash is remembered instead of the token: a token must not outlive its session. */
function identify(accessToken: string): string {
  return hash(accessToken, 31) + hash(accessToken, 37)
}
