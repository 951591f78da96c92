// Web Locks of a browser profile. The browser process grants them, milliseconds after the request.
import type { PlatformLocks } from 'everbearer'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import type { Draw } from './draws.ts'
import { createLink } from './link.ts'

/** The page that asks for a lock. */
interface LockClient {
  readonly id: number
  /** Runs the work when the page runs. A page that is gone never runs it. */
  run(work: () => void): void
  /** The page gets no answer, as a prerendered page does. */
  hasSilentLocks(): boolean
  onGone(listener: () => void): void
}

interface Request {
  readonly client: LockClient
  readonly grant: () => void
}

type Options = { readonly signal: AbortSignal } | { readonly ifAvailable: true }

export interface ProfileLocks {
  forPage(client: LockClient): PlatformLocks
}

export function createProfileLocks(clock: ManualClock, draw: Draw): ProfileLocks {
  const queues = new Map<string, Request[]>()

  function leave(name: string, request: Request): void {
    const queue = queues.get(name) ?? []
    const index = queue.indexOf(request)
    if (index === -1) return
    queue.splice(index, 1)
    if (index === 0) queue[0]?.grant()
  }

  return {
    forPage(client) {
      const lagMs = () => Math.floor(draw(`locks of page ${client.id}`) * 3)
      const up = createLink(clock, lagMs)
      const down = createLink(clock, lagMs)
      let isGone = false
      client.onGone(() => {
        isGone = true
        for (const [name, queue] of queues) {
          for (const request of queue.filter((one) => one.client === client)) leave(name, request)
        }
      })

      function request<T>(
        name: string,
        options: Options,
        task: (lock: unknown) => Promise<T>
      ): Promise<T> {
        if (client.hasSilentLocks()) return new Promise(() => {})
        return new Promise<T>((resolve, reject) => {
          const signal = 'signal' in options ? options.signal : undefined
          let isAborted = false
          const entry: Request = {
            client,
            grant() {
              down.send(() => client.run(granted))
            }
          }
          const release = () => up.send(() => leave(name, entry))
          function granted(): void {
            signal?.removeEventListener('abort', abort)
            if (isAborted) {
              release()
              return
            }
            // A task that throws at once must not break the browser.
            Promise.resolve()
              .then(() => task({ name }))
              .then(resolve, reject)
              .finally(release)
          }
          function abort(): void {
            isAborted = true
            reject(signal?.reason)
            up.send(() => {
              // A lock that is on the way to the page is released when it arrives.
              if (queues.get(name)?.[0] !== entry) leave(name, entry)
            })
          }
          if (signal?.aborted) return reject(signal.reason)
          signal?.addEventListener('abort', abort)
          up.send(() => {
            if (isGone) return
            const queue = queues.get(name) ?? []
            queues.set(name, queue)
            if (signal === undefined && queue.length > 0) {
              down.send(() => client.run(() => task(null).then(resolve, reject)))
              return
            }
            queue.push(entry)
            if (queue[0] === entry) entry.grant()
          })
        })
      }
      return { request }
    }
  }
}
