// Real time that no fake clock reaches: the platform's own timer, taken when this file is loaded.

const setRealTimer: typeof setTimeout = globalThis.setTimeout

/** Resolves after that many real milliseconds, whatever timers a test has faked meanwhile. */
export function realDelay(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setRealTimer(resolve, delayMs)
  })
}
