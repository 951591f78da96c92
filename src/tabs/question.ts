// Question to the other tabs: open until it is answered or its time is over.
import type { Wait } from '../lib/time.ts'

export interface Question {
  /** Asks, or joins the open question. Resolves with the answer, or when its time is over. */
  ask(isAnswered: () => boolean): Promise<void>
  isOpen(): boolean
  /** Something has changed: closes the question if it is answered now. */
  check(): void
}

export interface QuestionDeps {
  readonly deadlineMs: number
  readonly send: () => void
  readonly onSilence: () => void
}

export function createQuestion(wait: Wait, deps: QuestionDeps): Question {
  const { deadlineMs, send, onSilence } = deps
  let open: { readonly asked: Promise<void>; check(): void } | undefined

  return {
    ask(isAnswered) {
      if (open !== undefined) return open.asked
      let resolve = () => {}
      const answered = new Promise<void>((settle) => {
        resolve = settle
      })
      function close(): void {
        open = undefined
        resolve()
      }
      function onTimeout(): void {
        open = undefined
        onSilence()
      }
      const asked = wait(answered, { deadlineMs, onTimeout })
      open = { asked, check: () => isAnswered() && close() }
      send()
      return asked
    },
    isOpen: () => open !== undefined,
    check: () => open?.check()
  }
}
