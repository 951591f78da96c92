// The pulse of the picture: one animation frame for everything that moves, without rendering React for it.

type FrameListener = (nowMs: number) => void

/** Often enough to count seconds, for those who asked their system for less motion. */
const calmMs = 1000

const calm = matchMedia('(prefers-reduced-motion: reduce)')
const listeners = new Set<FrameListener>()
let stop: (() => void) | undefined

/**
 * Calls back at every frame (once a second where motion is reduced), and once at once.
 * @returns its remover
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

function tell(): void {
  const nowMs = Date.now()
  for (const listener of listeners) listener(nowMs)
}

function start(): () => void {
  if (calm.matches) {
    const timer = setInterval(tell, calmMs)
    return () => clearInterval(timer)
  }
  let frame = requestAnimationFrame(function next() {
    frame = requestAnimationFrame(next)
    tell()
  })
  return () => cancelAnimationFrame(frame)
}

calm.addEventListener('change', () => {
  if (stop === undefined) return
  stop()
  stop = start()
})
