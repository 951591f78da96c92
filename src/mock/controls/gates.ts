// Gates: hold calls until a test releases them. No timer is involved, so fake timers do not matter.

import { type EndpointReader, type MockEndpoint, type MockRoute, matches } from '../calls/call.ts'
import { adapterClosed } from '../http/message.ts'
import { describe, invalid, methodOptions, whole } from '../lib/checks.ts'

/** The moment at which a call is held or fails: before or after the server's work. */
export type MockMoment = 'arrival' | 'commit'

export interface HoldOptions {
  /**
   * `arrival`: the server has done nothing yet. `commit`: the server has done its work, such as
   * rotating the refresh token, and only the answer is held. Default `arrival`.
   */
  readonly after?: MockMoment
}

export interface MockGate {
  /** The number of calls that have reached this gate, released or not. */
  readonly arrivals: number
  /**
   * Resolves when that many calls have reached this gate. Default 1.
   * @throws TypeError if the count is not a whole number from 1
   * @throws Error if a `reset()` removes the gate first
   */
  arrived(count?: number): Promise<void>
  /** Releases all held calls, and lets later ones pass. */
  release(): void
}

export interface Gates {
  hold(endpoint: MockEndpoint, options?: HoldOptions): MockGate
  /**
   * Holds a call at the gates of its route. Returns `undefined` if there is no gate. Resolves to
   * `true` when all gates are released, and to `false` when a reset or the closing adapter ends the
   * call.
   */
  waitAt(
    route: MockRoute,
    moment: MockMoment,
    signal: AbortSignal | undefined
  ): Promise<boolean> | undefined
  /** Removes every gate, ends the held calls, and rejects pending `arrived()` promises. */
  reset(): void
}

interface Gate {
  readonly endpoint: MockEndpoint
  readonly moment: MockMoment
  arrivals: number
  /** The pending `arrived()` calls. */
  readonly watchers: Set<() => void>
  /** Whether a reset has removed the gate, so that no call reaches it any more. */
  isRemoved: boolean
  readonly opened: Promise<boolean>
  open(isReleased: boolean): void
}

export function createGates(readEndpoint: EndpointReader): Gates {
  const closed = new Set<Gate>()
  const all = new Set<Gate>()

  function addGate(endpoint: MockEndpoint, moment: MockMoment): Gate {
    let open: (isReleased: boolean) => void = () => {}
    const opened = new Promise<boolean>((resolve) => {
      open = resolve
    })
    const gate: Gate = {
      endpoint,
      moment,
      arrivals: 0,
      watchers: new Set(),
      isRemoved: false,
      opened,
      open
    }
    closed.add(gate)
    all.add(gate)
    return gate
  }

  return {
    hold(name, options = {}) {
      const { after = 'arrival' } = methodOptions<HoldOptions>('hold', options, ['after'])
      const endpoint = readEndpoint('hold', name)
      const gate = addGate(endpoint, readMoment('hold', after))
      return {
        get arrivals() {
          return gate.arrivals
        },
        async arrived(count = 1) {
          whole('count', count, [1, Number.MAX_SAFE_INTEGER], 'arrived')
          await arrivalsAt(gate, count)
        },
        release() {
          closed.delete(gate)
          gate.open(true)
        }
      }
    },

    waitAt(route, moment, signal) {
      const met = [...closed].filter(
        (gate) => gate.moment === moment && matches(gate.endpoint, route)
      )
      if (met.length === 0) return undefined
      for (const gate of met) {
        gate.arrivals += 1
        notifyWatchers(gate)
      }
      const opened = Promise.all(met.map((gate) => gate.opened)).then((each) => each.every(Boolean))
      return Promise.race([opened, whenAdapterCloses(signal)])
    },

    reset() {
      for (const gate of all) {
        gate.isRemoved = true
        gate.open(false)
        notifyWatchers(gate)
      }
      all.clear()
      closed.clear()
    }
  }
}

function arrivalsAt(gate: Gate, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const watch = () => {
      if (gate.arrivals >= count) resolve()
      else if (!gate.isRemoved) return
      else reject(new Error('arrived(): a reset has removed the gate.'))
      gate.watchers.delete(watch)
    }
    gate.watchers.add(watch)
    watch()
  })
}

function notifyWatchers({ watchers }: Gate): void {
  for (const watch of [...watchers]) watch()
}

/** Resolves to `false` when the adapter of the call closes. */
function whenAdapterCloses(signal: AbortSignal | undefined): Promise<false> {
  return new Promise((resolve) => {
    const check = () => {
      if (signal?.reason === adapterClosed) resolve(false)
    }
    signal?.addEventListener('abort', check, { once: true })
    check()
  })
}

/** @throws TypeError if the value is not a moment; `method` is named in the error */
export function readMoment(method: string, value: unknown): MockMoment {
  if (value === 'arrival' || value === 'commit') return value
  throw invalid('after', "'arrival' or 'commit'", describe(value), method)
}
