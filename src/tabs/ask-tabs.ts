// A question to the other tabs: open until it is answered, or for as long as an answer may take.
import type { Platform } from '../lib/platform.ts'

interface Asking {
  readonly send: () => void
  readonly isAnswered: () => boolean
  /** Nobody answered in time. */
  readonly onSilence: () => void
}

export interface AskTabs {
  /** Takes the place of the one before. Resolves when it is answered, or when nobody will. */
  ask(asking: Asking): Promise<void>
  isOpen(): boolean
  /** Something has arrived: closes the question if that was the answer. */
  look(): void
  close(): void
}

export function createAskTabs(platform: Pick<Platform, 'setTimer'>, patienceMs: number): AskTabs {
  let open: { readonly isAnswered: () => boolean; readonly close: () => void } | undefined

  return {
    ask({ send, isAnswered, onSilence }) {
      open?.close()
      return new Promise((resolve) => {
        const close = () => {
          cancel()
          open = undefined
          resolve()
        }
        const cancel = platform.setTimer(() => {
          onSilence()
          close()
        }, patienceMs)
        open = { isAnswered, close }
        send()
      })
    },
    isOpen: () => open !== undefined,
    look() {
      if (open?.isAnswered()) open.close()
    },
    close: () => open?.close()
  }
}
