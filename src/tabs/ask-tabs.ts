// Question to the other tabs: open until it is answered or its time is over.
import type { Platform } from '../lib/platform.ts'

interface Question {
  readonly send: () => void
  readonly isAnswered: () => boolean
  /** Called if no tab has answered in time. */
  readonly onSilence: () => void
}

export interface AskTabs {
  /** Replaces the open question. Resolves when the question is answered or its time is over. */
  ask(question: Question): Promise<void>
  isOpen(): boolean
  /** Closes the question if the message that just arrived has answered it. */
  check(): void
  close(): void
}

export function createAskTabs(platform: Pick<Platform, 'setTimer'>, timeoutMs: number): AskTabs {
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
        }, timeoutMs)
        open = { isAnswered, close }
        send()
      })
    },
    isOpen: () => open !== undefined,
    check() {
      if (open?.isAnswered()) open.close()
    },
    close: () => open?.close()
  }
}
