// What a test puts in the way of a call: a gate, a fault, latency. And the question whether any call is under way.
import type { MockRoute } from '../calls/call.ts'

import type { CallLog } from '../calls/call-log.ts'
import { createEndpointMatcher } from '../calls/endpoint-names.ts'
import type { Decision } from '../http/decision.ts'
import type { WireRequest } from '../http/message.ts'
import { between, methodOptions } from '../lib/checks.ts'
import { realDelay } from '../lib/real-delay.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import { applyFault, createFaults, type Faults, type PlannedFault } from './faults.ts'
import { createGates, type Gates } from './gates.ts'

export interface IdleOptions {
  /** How long no call may be under way or arrive, in real milliseconds, 0 to 60 000. Default 25. */
  readonly quietMs?: number
}

export interface Interception extends Pick<Faults, 'failNext'>, Pick<Gates, 'hold'> {
  /** Leads a call through all of it, to what is decided in the end; one that a reset overtakes is cut off. */
  play(
    route: MockRoute,
    request: WireRequest,
    isCurrent: IsCurrent,
    decide: () => Promise<Decision>
  ): Promise<Decision>
  idle(options?: IdleOptions): Promise<void>
  reset(): void
}

export interface InterceptionDeps {
  readonly ownRoutes: readonly MockRoute[]
  readonly callLog: Pick<CallLog, 'openCalls' | 'arrivals'>
  readonly latencyMs: number
}

const cutOff: PlannedFault = { fault: 'network', name: 'network', after: 'arrival' }

export function createInterception({
  ownRoutes,
  callLog,
  latencyMs
}: InterceptionDeps): Interception {
  const readEndpoint = createEndpointMatcher(ownRoutes)
  const faults = createFaults(readEndpoint)
  const gates = createGates(readEndpoint)
  /** Calls that wait for the test or for nothing at all: the server is idle as far as they go. */
  let parked = new Set<unknown>()
  const hanging = new Set<() => void>()

  const park = async <Value>(wait: Promise<Value>): Promise<Value> => {
    const lot = parked
    lot.add(wait)
    try {
      return await wait
    } finally {
      lot.delete(wait)
    }
  }

  const hang = (signal: AbortSignal | undefined): Promise<void> =>
    park(
      new Promise<void>((resolve) => {
        const end = () => {
          hanging.delete(end)
          resolve()
        }
        hanging.add(end)
        signal?.addEventListener('abort', end, { once: true })
        if (signal?.aborted === true) end()
      })
    )

  return {
    failNext: faults.failNext,
    hold: gates.hold,

    // Taken on arrival, so that the order of arrival decides who meets what.
    async play(route, request, isCurrent, decide) {
      const fault = faults.take(route)
      const arrival = gates.waitAt(route, 'arrival', request.signal)
      if (arrival !== undefined && !(await park(arrival))) return applyFault(cutOff, undefined)
      if (latencyMs > 0) await realDelay(latencyMs)
      if (!isCurrent()) return applyFault(cutOff, undefined)
      const decided = fault?.after === 'arrival' ? undefined : await decide()
      const commit = gates.waitAt(route, 'commit', request.signal)
      if (commit !== undefined && !(await park(commit))) return applyFault(cutOff, decided)
      if (!isCurrent()) return applyFault(cutOff, undefined)
      if (fault === undefined && decided !== undefined) return decided
      if (fault?.name === 'hang') await hang(request.signal)
      return applyFault(fault ?? cutOff, decided)
    },

    async idle(options = {}) {
      const { quietMs = 25 } = methodOptions<IdleOptions>('idle', options, ['quietMs'])
      between('quietMs', quietMs, 60_000, 'idle')
      const isBusy = () => callLog.openCalls() > parked.size
      for (;;) {
        const seen = callLog.arrivals()
        const wasBusy = isBusy()
        await realDelay(quietMs)
        if (!wasBusy && !isBusy() && callLog.arrivals() === seen) return
      }
    },

    reset() {
      faults.reset()
      gates.reset()
      for (const end of [...hanging]) end()
      parked = new Set()
    }
  }
}
