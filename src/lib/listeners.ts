// Listeners: the app's callbacks, each called in its own microtask.
import { checkFunction } from './checks.ts'
import { invalid } from './option-errors.ts'

export interface Listeners<Event> {
  /** Adds a listener and returns its remover. A function that is added twice is called twice. */
  add(listener: (event: Event) => void): () => void
  /** Calls each listener later, unless it has been removed by then. */
  notify(event: Event): void
  clear(): void
}

export function createListeners<Event>(): Listeners<Event> {
  const entries = new Set<(event: Event) => void>()
  return {
    add(listener) {
      // A new function per call: a set would hold the same listener once only.
      const entry = (event: Event) => listener(event)
      entries.add(entry)
      return () => entries.delete(entry)
    },
    notify(event) {
      for (const entry of entries) {
        callLater(() => {
          if (entries.has(entry)) entry(event)
        })
      }
    },
    clear: () => entries.clear()
  }
}

export interface EventEmitter<Events> {
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void
  /** @throws AuthError `ERR_AUTH_INVALID_OPTIONS` for an unknown name or a wrong listener */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void
  clear(): void
}

export function createEmitter<Events>(names: readonly (keyof Events)[]): EventEmitter<Events> {
  const listeners: { [Name in keyof Events]?: Listeners<Events[Name]> } = Object.create(null)
  return {
    emit(name, event) {
      listeners[name]?.notify(event)
    },
    on(name, listener) {
      if (!names.includes(name))
        throw invalid('on(): event name', 'listed', name, names.map(String))
      checkFunction(listener, 'on(): listener')
      listeners[name] ??= createListeners<Events[typeof name]>()
      return listeners[name].add(listener)
    },
    clear() {
      for (const name in listeners) listeners[name]?.clear()
    }
  }
}

/**
 * Runs a callback of the app in a microtask. The client's own step is complete by then, so the
 * callback may sign out, refresh or throw. An error that it throws is reported as uncaught.
 */
export function callLater(callback: () => void): void {
  queueMicrotask(callback)
}

/** Reports an error of the app, which has no caller, as uncaught. */
export function report(error: unknown): void {
  callLater(() => {
    throw error
  })
}
