// Gates: calls wait at them until a test lets them through. No timer is involved, so fake ones do not matter.
import type { MockRoute } from '../calls/call.ts'

import { type EndpointMatcher, type MockEndpoint, matches } from '../calls/endpoint-names.ts'
import { adapterClosed } from '../http/message.ts'
import { invalid, methodOptions, whole } from '../lib/checks.ts'

/** Where in its course a call is caught: before the server does anything, or when it has and only the answer is left. */
export type MockMoment = 'arrival' | 'commit'

export interface HoldOptions {
  /**
   * `arrival`: nothing has happened yet. `commit`: the server has done its work (rotated the refresh token, say), and
   * only the answer waits. Default `arrival`.
   */
  readonly after?: MockMoment
}

export interface MockGate {
  /** How many calls have come to this gate, let through or not. */
  readonly arrivals: number
  /**
   * Resolves when that many calls have come to this gate. Default 1.
   * @throws TypeError for anything but a whole number from 1
   * @throws Error where a `reset()` has taken the gate away before
   */
  arrived(count?: number): Promise<void>
  /** Lets everything through, now and from now on. */
  release(): void
}

export interface Gates {
  hold(endpoint: MockEndpoint, options?: HoldOptions): MockGate
  /** What a call has to wait for now, if anything; resolves to `false` if a reset or its door has cut it off. */
  waitAt(
    route: MockRoute,
    moment: MockMoment,
    signal: AbortSignal | undefined
  ): Promise<boolean> | undefined
  /** Cuts off whoever waits, tests for arrivals among them, and takes every gate away. */
  reset(): void
}

interface Gate {
  readonly endpoint: MockEndpoint
  readonly moment: MockMoment
  arrivals: number
  readonly watchers: Set<() => void>
  /** Has a reset taken it away? Then nobody arrives any more. */
  isGone: boolean
  readonly opened: Promise<boolean>
  open(isLetThrough: boolean): void
}

export function createGates(readEndpoint: EndpointMatcher): Gates {
  const closed = new Set<Gate>()
  const made = new Set<Gate>()

  return {
    hold(name, options = {}) {
      const { after = 'arrival' } = methodOptions<HoldOptions>('hold', options, ['after'])
      const endpoint = readEndpoint('hold', name)
      let open: (isLetThrough: boolean) => void = () => {}
      const opened = new Promise<boolean>((resolve) => {
        open = resolve
      })
      const gate: Gate = {
        endpoint,
        moment: readMoment('hold', after),
        arrivals: 0,
        watchers: new Set(),
        isGone: false,
        opened,
        open
      }
      closed.add(gate)
      made.add(gate)
      return {
        get arrivals() {
          return gate.arrivals
        },
        async arrived(count = 1) {
          whole('count', count, [1, Number.MAX_SAFE_INTEGER], 'arrived')
          await new Promise<void>((resolve, reject) => {
            const look = () => {
              if (gate.arrivals >= count) resolve()
              else if (!gate.isGone) return
              else reject(new Error('arrived: a reset has taken the gate away'))
              gate.watchers.delete(look)
            }
            gate.watchers.add(look)
            look()
          })
        },
        release() {
          closed.delete(gate)
          open(true)
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
        lookAt(gate)
      }
      const opened = Promise.all(met.map((gate) => gate.opened)).then((all) => all.every(Boolean))
      return Promise.race([opened, whenShut(signal)])
    },

    reset() {
      for (const gate of made) {
        gate.isGone = true
        gate.open(false)
        lookAt(gate)
      }
      made.clear()
      closed.clear()
    }
  }
}

function lookAt({ watchers }: Gate): void {
  for (const look of [...watchers]) look()
}

/** Resolves to `false` when the call's door is shut. */
function whenShut(signal: AbortSignal | undefined): Promise<false> {
  return new Promise((resolve) => {
    const look = () => {
      if (signal?.reason === adapterClosed) resolve(false)
    }
    signal?.addEventListener('abort', look, { once: true })
    look()
  })
}

/** @throws TypeError that names the method, what was expected and what came */
export function readMoment(method: string, value: unknown): MockMoment {
  if (value === 'arrival' || value === 'commit') return value
  throw invalid('after', "'arrival' or 'commit'", String(value), method)
}
