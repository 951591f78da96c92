// Simulated clients: the times at which each of them refreshes, by the real refresh-time and
// back-off policies.

import {
  backoffMs,
  planRefreshAgeSeconds,
  type RefreshPolicy
} from '../../../src/refresh/refresh-time.ts'

export interface FleetOptions {
  readonly clients: number
  readonly lifetimeSeconds: number
  readonly untilSeconds: number
  readonly policy: RefreshPolicy
  readonly random: () => number
  /** When a client signs in, in seconds. */
  readonly signInAt: () => number
  /** No refresh succeeds from `fromSeconds` to `toSeconds`. */
  readonly outage?: {
    readonly fromSeconds: number
    readonly toSeconds: number
    readonly retryAfterMs?: number
  }
}

export interface FleetRun {
  /** When refreshes were sent, in seconds, unsorted. */
  readonly requests: readonly number[]
  /** When a client succeeded after a failure, in seconds. */
  readonly recoveries: readonly number[]
}

/** Clients are independent of each other, so they are simulated one after the other. */
export function simulateFleet(options: FleetOptions): FleetRun {
  const { lifetimeSeconds, policy, random, outage } = options
  const requests: number[] = []
  const recoveries: number[] = []

  /** Refreshes until it succeeds; returns the time of success. */
  function refreshFrom(dueSeconds: number, expiresAtSeconds: number): number {
    let at = dueSeconds
    for (let failures = 1; ; failures += 1) {
      requests.push(at)
      const fails = outage !== undefined && at >= outage.fromSeconds && at < outage.toSeconds
      if (!fails) {
        if (failures > 1) recoveries.push(at)
        return at
      }
      const slackMs = Math.max(0, expiresAtSeconds - at) * 1000
      at += backoffMs(failures, { retryAfterMs: outage.retryAfterMs, slackMs }, random()) / 1000
    }
  }

  for (let client = 0; client < options.clients; client += 1) {
    let receivedAt = options.signInAt()
    let at = receivedAt + planRefreshAgeSeconds(lifetimeSeconds, true, policy, random)
    while (at < options.untilSeconds) {
      receivedAt = refreshFrom(at, receivedAt + lifetimeSeconds)
      at = receivedAt + planRefreshAgeSeconds(lifetimeSeconds, false, policy, random)
    }
  }
  return { requests, recoveries }
}

/** Counts the times in each bin between two seconds. */
export function countPerBin(
  moments: readonly number[],
  fromSeconds: number,
  untilSeconds: number,
  binSeconds: number
): number[] {
  const bins = Array<number>(Math.floor((untilSeconds - fromSeconds) / binSeconds)).fill(0)
  for (const moment of moments) {
    const bin = Math.floor((moment - fromSeconds) / binSeconds)
    const count = bins[bin]
    if (count !== undefined) bins[bin] = count + 1
  }
  return bins
}

export function peakToMean(bins: readonly number[]): number {
  return Math.max(...bins) / mean(bins)
}

export function mean(bins: readonly number[]): number {
  return bins.reduce((sum, count) => sum + count, 0) / bins.length
}
