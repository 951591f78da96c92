// Simulated clients: how many requests a fleet sends to the auth server in each second.
import { AuthError } from '../../../src/lib/errors.ts'

/** The decisions of one client. All times are in seconds. */
export interface SimulatedClient {
  /** The client got a token. Returns when it refreshes that token. */
  received(at: number, cause: 'sign-in' | 'refresh' | 'refusal'): number
  /** The refresh failed. Returns when the client tries again. */
  failed(at: number, error: AuthError): number
}

/** Each refresh is answered with status 503. */
export interface Outage {
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly retryAfterMs?: number
}

/** The API refuses all tokens that were issued before. The clients notice one after the other. */
export interface Rotation {
  readonly atSeconds: number
  /** Each client sends its next request to the API within this time. */
  readonly withinSeconds: number
}

export interface FleetOptions {
  readonly clients: number
  readonly openClient: () => SimulatedClient
  readonly untilSeconds: number
  readonly random: () => number
  /** When a client signs in, in seconds. */
  readonly signInAt: () => number
  readonly outage?: Outage
  readonly rotation?: Rotation
}

export interface FleetRun {
  /** The number of refreshes that were sent in each second. */
  readonly perSecond: Uint32Array
  /** When a client succeeded after a failure, in seconds. */
  readonly recoveries: readonly number[]
  /** The most refreshes of a single client in `withinSeconds` after the rotation. */
  readonly mostAfterRotation: number
}

/** Clients are independent of each other, so they are simulated one after the other. */
export function simulateFleet(options: FleetOptions): FleetRun {
  const { untilSeconds, random, outage, rotation } = options
  const perSecond = new Uint32Array(untilSeconds)
  const recoveries: number[] = []
  const retryAfterMs = outage?.retryAfterMs
  const unavailable = new AuthError('ERR_AUTH_SERVER_ERROR', 'status 503', {
    status: 503,
    retryAfterMs
  })

  /** Refreshes until it succeeds. Returns the time of success. */
  function refreshFrom(dueAt: number, client: SimulatedClient): number {
    let at = dueAt
    for (let failures = 0; at < untilSeconds; failures += 1) {
      perSecond[Math.floor(at)] = (perSecond[Math.floor(at)] ?? 0) + 1
      const fails = outage !== undefined && at >= outage.fromSeconds && at < outage.toSeconds
      if (!fails) {
        if (failures > 0) recoveries.push(at)
        return at
      }
      at = client.failed(at, unavailable)
    }
    return at
  }

  /** Returns how often the client refreshes shortly after the rotation. */
  function live(client: SimulatedClient): number {
    let receivedAt = options.signInAt()
    let dueAt = client.received(receivedAt, 'sign-in')
    const rotatedAt = rotation?.atSeconds ?? Infinity
    const withinSeconds = rotation?.withinSeconds ?? 0
    const refusedAt = rotation === undefined ? Infinity : rotatedAt + withinSeconds * random()
    let refreshes = 0
    for (;;) {
      const at = receivedAt < rotatedAt ? Math.min(dueAt, refusedAt) : dueAt
      if (at >= untilSeconds) return refreshes
      if (at >= rotatedAt && at < rotatedAt + withinSeconds) refreshes += 1
      const cause = at === refusedAt ? 'refusal' : 'refresh'
      receivedAt = refreshFrom(at, client)
      dueAt = client.received(receivedAt, cause)
    }
  }

  let mostAfterRotation = 0
  for (let client = 0; client < options.clients; client += 1) {
    mostAfterRotation = Math.max(mostAfterRotation, live(options.openClient()))
  }
  return { perSecond, recoveries, mostAfterRotation }
}

/** Counts the refreshes in each bin of whole seconds between two seconds. */
export function countPerBin(
  { perSecond }: Pick<FleetRun, 'perSecond'>,
  fromSeconds: number,
  untilSeconds: number,
  binSeconds = 1
): number[] {
  return Array.from({ length: Math.floor((untilSeconds - fromSeconds) / binSeconds) }, (_, bin) => {
    const from = fromSeconds + bin * binSeconds
    return perSecond.subarray(from, from + binSeconds).reduce((sum, count) => sum + count, 0)
  })
}

export function peakToMean(bins: readonly number[]): number {
  return Math.max(...bins) / mean(bins)
}

export function mean(bins: readonly number[]): number {
  return bins.reduce((sum, count) => sum + count, 0) / bins.length
}
