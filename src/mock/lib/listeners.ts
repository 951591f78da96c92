// Listeners: a set of functions that are called with each event.
import { callback } from './checks.ts'

export interface Listeners<Event> {
  /**
   * @returns a function that removes the listener
   * @throws TypeError if the listener is not a function
   */
  add(listener: (event: Event) => void): () => void
  notify(event: Event): void
}

/**
 * A listener that throws stops neither the other listeners nor the server: its error surfaces as an
 * uncaught one. `caller` is the method that adds listeners, named in errors.
 */
export function createListeners<Event>(caller: string): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>()

  return {
    add(listener) {
      callback('listener', listener, caller)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    notify(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }
}
