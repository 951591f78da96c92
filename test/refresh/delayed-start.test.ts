// I10, I12: a refresh that was planned for the end of a hold.
import { expect, it, vi } from 'vitest'
import { createDelayedStart, createFlight } from '../../src/refresh/flight.ts'

it('starts no refresh if reading the hold ends the session and cancels the start', () => {
  const start = vi.fn()
  let isEnding = false
  const timers: (() => void)[] = []
  const delayed = createDelayedStart(
    start,
    {
      heldBackMs() {
        if (isEnding) delayed.cancel()
        return 0
      }
    },
    {
      setTimer(callback) {
        timers.push(callback)
        return () => {}
      }
    }
  )
  delayed.plan(createFlight(), 'refusal')
  isEnding = true
  for (const callback of timers) callback()
  expect(start).not.toHaveBeenCalled()
})
