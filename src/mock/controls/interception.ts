// Interception: puts the gates, faults and latency of a test around the handling of a call.

import { createEndpointReader, type MockEndpoint, type MockRoute, matches } from '../calls/call.ts'
import type { CallLog } from '../calls/call-log.ts'
import type { Decision } from '../http/message.ts'
import type { Call, Handler } from '../http/pipeline.ts'
import { between, methodOptions } from '../lib/checks.ts'
import {
  applyFault,
  type FailNextOptions,
  type Fault,
  type FaultPlan,
  type MockFault,
  readFaultPlan
} from './faults.ts'
import { createGates, type Gates } from './gates.ts'

export interface IdleOptions {
  /**
   * How long no call may be in flight or arrive, in real milliseconds, 0 to 60 000. Default 25.
   */
  readonly quietMs?: number
}

export interface Interception extends Pick<Gates, 'hold'> {
  /** @returns a function that cancels the faults that have not happened yet */
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): () => void
  /** Wrapper: holds, delays or fails the call. A reset disconnects a call in flight. */
  intercept(call: Call, next: Handler): Promise<Decision>
  idle(options?: IdleOptions): Promise<void>
  reset(): void
}

export interface InterceptionDeps {
  readonly ownRoutes: readonly MockRoute[]
  readonly callLog: Pick<CallLog, 'openCalls' | 'arrivals'>
  readonly latencyMs: number
}

/** The fault of a call that a reset or the closing adapter ends. */
const disconnected: Fault = { fault: 'network', name: 'network', after: 'arrival' }

export function createInterception({
  ownRoutes,
  callLog,
  latencyMs
}: InterceptionDeps): Interception {
  const readEndpoint = createEndpointReader(ownRoutes)
  const gates = createGates(readEndpoint)
  let plans: { readonly plan: FaultPlan; left: number }[] = []
  /** Calls that wait for the test or hang. They do not keep the server from being idle. */
  let parked = new Set<unknown>()
  const hanging = new Set<() => void>()

  /** The fault of a call to this route, if any. The earliest plan comes first. */
  function takeFault(route: MockRoute): Fault | undefined {
    const entry = plans.find(({ plan }) => matches(plan.endpoint, route))
    if (entry === undefined) return undefined
    entry.left -= 1
    if (entry.left <= 0) plans = plans.filter((other) => other !== entry)
    return entry.plan
  }

  async function park<Value>(wait: Promise<Value>): Promise<Value> {
    const parkedAtStart = parked
    parkedAtStart.add(wait)
    try {
      return await wait
    } finally {
      parkedAtStart.delete(wait)
    }
  }

  function hang(signal: AbortSignal | undefined): Promise<void> {
    return park(
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
  }

  function isBusy(): boolean {
    return callLog.openCalls() > parked.size
  }

  return {
    failNext(endpoint, fault, options = {}) {
      const plan = readFaultPlan(readEndpoint('failNext', endpoint), fault, options)
      const entry = { plan, left: plan.times }
      plans.push(entry)
      return () => {
        plans = plans.filter((other) => other !== entry)
      }
    },

    hold: gates.hold,

    async intercept(call, next) {
      const { label, isCurrent, request } = call
      // Before the first `await`: faults and gates apply to calls in order of arrival.
      const fault = takeFault(label)
      const arrival = gates.waitAt(label, 'arrival', request.signal)
      if (arrival !== undefined && !(await park(arrival))) {
        return applyFault(disconnected, undefined)
      }
      if (latencyMs > 0) await realDelay(latencyMs)
      if (!isCurrent()) return applyFault(disconnected, undefined)
      const decided = fault?.after === 'arrival' ? undefined : await next(call)
      const commit = gates.waitAt(label, 'commit', request.signal)
      if (commit !== undefined && !(await park(commit))) return applyFault(disconnected, decided)
      if (!isCurrent()) return applyFault(disconnected, undefined)
      if (fault === undefined && decided !== undefined) return decided
      if (fault?.name === 'hang') await hang(request.signal)
      return applyFault(fault ?? disconnected, decided)
    },

    async idle(options = {}) {
      const { quietMs = 25 } = methodOptions<IdleOptions>('idle', options, ['quietMs'])
      between('quietMs', quietMs, 60_000, 'idle')
      for (;;) {
        const arrivals = callLog.arrivals()
        const wasBusy = isBusy()
        await realDelay(quietMs)
        if (!wasBusy && !isBusy() && callLog.arrivals() === arrivals) return
      }
    },

    reset() {
      plans = []
      gates.reset()
      for (const end of [...hanging]) end()
      parked = new Set()
    }
  }
}

/** The platform's timer, read when the module loads, before a test can fake it. */
const setRealTimer: typeof setTimeout = globalThis.setTimeout

/** Resolves after that many real milliseconds, even while timers are faked. */
function realDelay(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setRealTimer(resolve, delayMs)
  })
}
