// Shipped client: a simulated client that decides by the refresh times and the retry state of the
// real one.
import { planRefreshAt, type RefreshPolicy } from '../../../src/refresh/refresh-time.ts'
import { createRetryState } from '../../../src/refresh/retry-state.ts'
import type { HeldToken } from '../../../src/session/held-token.ts'
import { emptyRecord, type RecordValue } from '../../../src/tabs/record-value.ts'
import type { SimulatedClient } from './simulated-clients.ts'

export interface ShippedClientOptions {
  readonly policy: RefreshPolicy
  readonly lifetimeSeconds: number
  readonly random: () => number
}

export function openShippedClient(options: ShippedClientOptions): SimulatedClient {
  const { policy, lifetimeSeconds, random } = options
  let nowMs = 0
  let held: HeldToken | undefined
  let record: RecordValue = emptyRecord
  const retries = createRetryState({
    session: { held: () => held },
    record: {
      read: () => record,
      set(name, value) {
        record = { ...record, [name]: { step: record[name].step + 1, value } }
      }
    },
    platform: { now: () => nowMs, monotonicNow: () => nowMs, random }
  })

  return {
    received(at, cause) {
      nowMs = at * 1000
      const isJoint = cause !== 'refresh' || retries.last() !== undefined
      retries.clear()
      held = createToken({ wallMs: nowMs, monotonicMs: nowMs }, lifetimeSeconds)
      const refreshAt = planRefreshAt(held, isJoint, policy, random)
      return (refreshAt?.monotonicMs ?? Infinity) / 1000
    },
    failed(at, error) {
      nowMs = at * 1000
      retries.note(error)
      return at + (retries.retryInMs() ?? 0) / 1000
    }
  }
}

function createToken(receivedAt: HeldToken['receivedAt'], lifetimeSeconds: number): HeldToken {
  return {
    accessToken: '',
    refreshToken: undefined,
    refreshTokenAt: receivedAt,
    claims: undefined,
    receivedAt,
    lifetimeSeconds,
    refreshAt: undefined,
    generation: 1,
    epoch: 1,
    userId: undefined,
    profile: undefined
  }
}
