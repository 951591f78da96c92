// Shared locks: the Web Locks of one virtual browser, for several tabs.
import type { PlatformLocks } from 'everbearer'

/**
 * A lock has one holder, and requests are granted in their order. A tab that crashes releases its
 * locks.
 */
export function createSharedLocks(): {
  forTab(): { readonly locks: PlatformLocks; release(): void }
} {
  interface Request {
    readonly tab: object
    readonly grant: () => void
  }
  const queues = new Map<string, Request[]>()

  function leave(name: string, request: Request): void {
    const queue = queues.get(name) ?? []
    const index = queue.indexOf(request)
    if (index === -1) return
    queue.splice(index, 1)
    if (index === 0) queue[0]?.grant()
  }

  return {
    forTab() {
      const tab = {}
      return {
        locks: {
          request(name, options, task) {
            if (!('signal' in options)) {
              const isFree = (queues.get(name) ?? []).length === 0
              return isFree
                ? this.request(name, { signal: new AbortController().signal }, task)
                : task(null)
            }
            const { signal } = options
            return new Promise((resolve, reject) => {
              const queue = queues.get(name) ?? []
              queues.set(name, queue)
              const abort = () => {
                leave(name, request)
                reject(signal.reason)
              }
              const request: Request = {
                tab,
                grant() {
                  signal.removeEventListener('abort', abort)
                  Promise.resolve()
                    .then(() => task({ name }))
                    .then(resolve, reject)
                    .finally(() => leave(name, request))
                }
              }
              if (signal.aborted) return reject(signal.reason)
              signal.addEventListener('abort', abort)
              queue.push(request)
              if (queue[0] === request) request.grant()
            })
          }
        },
        release() {
          for (const [name, queue] of queues) {
            for (const request of queue.filter((one) => one.tab === tab)) leave(name, request)
          }
        }
      }
    }
  }
}
