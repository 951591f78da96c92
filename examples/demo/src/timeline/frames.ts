// Animation frames: one loop for all moving parts, without a React render.

type FrameListener = (nowMs: number) => void

/** The interval with reduced motion: often enough to count seconds. */
const calmMs = 1000

const calm = matchMedia('(prefers-reduced-motion: reduce)')
const listeners = new Set<FrameListener>()
let stop: (() => void) | undefined

/**
 * Calls the listener immediately and at every frame (once a second with reduced motion).
 * @returns a function that removes the listener
 */
export function onFrame(listener: FrameListener): () => void {
  listeners.add(listener)
  listener(Date.now())
  stop ??= start()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = undefined
  }
}

function notify(): void {
  const nowMs = Date.now()
  for (const listener of listeners) listener(nowMs)
}

function start(): () => void {
  if (calm.matches) {
    const timer = setInterval(notify, calmMs)
    return () => clearInterval(timer)
  }
  let frame = requestAnimationFrame(function next() {
    frame = requestAnimationFrame(next)
    notify()
  })
  return () => cancelAnimationFrame(frame)
}

calm.addEventListener('change', () => {
  if (stop === undefined) return
  stop()
  stop = start()
})
