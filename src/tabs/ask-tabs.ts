// Question to the other tabs: open until it is answered or its time is over.
import type { Wait } from '../lib/time.ts'

export interface AskTabs {
  /** Joins the open question, or asks. Resolves when it is answered or its time is over. */
  ask(): Promise<void>
  isOpen(): boolean
  /** Closes the question if what has just happened is the answer. */
  check(): void
}

export interface AskTabsDeps {
  readonly wait: Wait
  readonly timeoutMs: number
  readonly send: () => void
  /** Returns the test for an answer. */
  readonly expectAnswer: () => () => boolean
  /** Called if no tab has answered in time. */
  readonly onSilence: () => void
}

export function createAskTabs(deps: AskTabsDeps): AskTabs {
  const { wait, timeoutMs, send, expectAnswer, onSilence } = deps
  let open: { readonly done: Promise<void>; check(): void } | undefined

  function ask(): Promise<void> {
    if (open !== undefined) return open.done
    const isAnswered = expectAnswer()
    let close = () => {}
    const answered = new Promise<void>((resolve) => {
      close = () => {
        open = undefined
        resolve()
      }
    })
    function onTimeout(): void {
      onSilence()
      close()
    }
    function check(): void {
      if (isAnswered()) close()
    }
    const done = wait(answered, { deadlineMs: timeoutMs, onTimeout })
    open = { done, check }
    send()
    return done
  }

  return { ask, isOpen: () => open !== undefined, check: () => open?.check() }
}
