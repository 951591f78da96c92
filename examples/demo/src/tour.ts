// Guided tour: triggers the controls one after the other, with pauses to watch each effect.
import { auth } from './auth.ts'
import { say } from './history/history.ts'
import { retireKey, revokeAccessTokens, rotateKey } from './history/server-view.ts'
import { sendBurst } from './traffic.ts'

interface Step {
  readonly afterSeconds: number
  readonly act: () => Promise<void> | void
}

const steps: readonly Step[] = [
  {
    afterSeconds: 0,
    act: () => say('plain', 'The app calls its API every second. Each dot is one answer.')
  },
  { afterSeconds: 5, act: sendBurst },
  { afterSeconds: 11, act: rotateKey },
  { afterSeconds: 19, act: retireKey },
  { afterSeconds: 29, act: revokeThenBurst },
  { afterSeconds: 39, act: rotateKey },
  { afterSeconds: 46, act: retireKey },
  {
    afterSeconds: 56,
    act: () => say('good', 'End of the tour. Try it yourself: end the session, or reload the page.')
  }
]

/** All requests of a burst are refused, and all of them wait for the same refresh. */
async function revokeThenBurst(): Promise<void> {
  await revokeAccessTokens()
  await sendBurst()
}

let timers: readonly ReturnType<typeof setTimeout>[] = []
const listeners = new Set<() => void>()

export const isTourRunning = (): boolean => timers.length > 0

export function onTourChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function startTour(): void {
  stopTour()
  timers = steps.map(({ afterSeconds, act }, index) =>
    setTimeout(() => {
      if (index === steps.length - 1 || auth.getState().status !== 'authenticated') stopTour()
      if (auth.getState().status === 'authenticated') void play(act)
    }, afterSeconds * 1000)
  )
  notifyListeners()
}

export function stopTour(): void {
  for (const timer of timers) clearTimeout(timer)
  timers = []
  notifyListeners()
}

async function play(act: Step['act']): Promise<void> {
  try {
    await act()
  } catch (error) {
    stopTour()
    say('alert', error instanceof Error ? error.message : 'The tour was interrupted.')
  }
}

function notifyListeners(): void {
  for (const listener of listeners) listener()
}
