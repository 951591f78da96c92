// Scenarios of the fleet: the load on the auth server after a spike of sign-ins, a key rotation and
// an outage.
import {
  countPerBin,
  type FleetOptions,
  type FleetRun,
  mean,
  type Outage,
  type Rotation,
  simulateFleet
} from '../../support/fleet/simulated-clients.ts'
import { createSeededRandom } from '../../support/seeded-random.ts'
import { type Contender, intervalSeconds, lifetimeSeconds } from './contenders.ts'

const seed = 2026
/** From then on, the refreshes of clients that signed in at random moments are steady. */
const steadyFromSeconds = 3_600
const incidentAtSeconds = 7_200

/** A load in refreshes per second, and as a ratio to the steady mean. */
export interface Load {
  readonly perSecond: number
  readonly ratio: number
}

type Incident = Pick<FleetOptions, 'outage' | 'rotation' | 'untilSeconds'> & {
  readonly signInWithinSeconds: number
}

function run(clients: number, contender: Contender, incident: Incident): FleetRun {
  const { signInWithinSeconds, ...options } = incident
  const random = createSeededRandom(seed)
  return simulateFleet({
    clients,
    openClient: () => contender.open(random),
    random,
    signInAt: () => random() * signInWithinSeconds,
    ...options
  })
}

/** Reads loads of a run, as ratios to its mean between two seconds. */
function createReader(fleet: FleetRun, fromSeconds: number, untilSeconds: number) {
  const steady = mean(countPerBin(fleet, fromSeconds, untilSeconds))
  const asLoad = (perSecond: number): Load => ({ perSecond, ratio: perSecond / steady })
  return {
    steady,
    mean: (from: number, until: number) => asLoad(mean(countPerBin(fleet, from, until))),
    peak: (from: number, until: number) => asLoad(Math.max(...countPerBin(fleet, from, until)))
  }
}

interface Spike {
  readonly steady: number
  readonly peak: Load
}

/** All clients sign in within one minute. The load of the next four hours. */
export function playSpike(clients: number, contender: Contender): Spike {
  const signInWithinSeconds = 60
  const untilSeconds = 4 * 3_600
  const fleet = run(clients, contender, { untilSeconds, signInWithinSeconds })
  const load = createReader(fleet, signInWithinSeconds, untilSeconds)
  return { steady: load.steady, peak: load.peak(signInWithinSeconds, untilSeconds) }
}

/** Each client sends a request within this time, and then learns that its token is refused. */
export const requestWithinSeconds = 30

interface AfterRotation {
  readonly steady: number
  readonly refreshes: number
  /** The most refreshes of a single client. */
  readonly most: number
  readonly peak: Load
  /** The peak of the next refreshes, about one lifetime later. */
  readonly echo: Load
}

/** The signing key is replaced, and all earlier tokens are refused at once. */
export function playRotation(clients: number, contender: Contender): AfterRotation {
  const atSeconds = incidentAtSeconds
  const rotation: Rotation = { atSeconds, withinSeconds: requestWithinSeconds }
  const endSeconds = atSeconds + requestWithinSeconds
  const untilSeconds = atSeconds + 2 * lifetimeSeconds
  const incident = { untilSeconds, signInWithinSeconds: intervalSeconds, rotation }
  const fleet = run(clients, contender, incident)
  const load = createReader(fleet, steadyFromSeconds, atSeconds)
  return {
    steady: load.steady,
    refreshes: countPerBin(fleet, atSeconds, endSeconds, requestWithinSeconds)[0] ?? 0,
    most: fleet.mostAfterRotation,
    peak: load.peak(atSeconds, endSeconds),
    echo: load.peak(endSeconds, untilSeconds)
  }
}

export const outageSeconds = 600
/** Longer than any wait of a client after the end of the outage. */
const recoverySeconds = 330

interface AroundOutage {
  readonly steady: number
  readonly during: Load
  readonly peakDuring: Load
  readonly peakAfter: Load
  readonly echo: Load
  /** When the last client had a token again, in seconds after the outage. */
  readonly recoveredAfter: number
}

/** The auth server answers 503 for ten minutes. */
export function playOutage(
  clients: number,
  contender: Contender,
  retryAfterMs?: number
): AroundOutage {
  const fromSeconds = incidentAtSeconds
  const toSeconds = fromSeconds + outageSeconds
  const retryAfter = retryAfterMs === undefined ? {} : { retryAfterMs }
  const outage: Outage = { fromSeconds, toSeconds, ...retryAfter }
  const untilSeconds = toSeconds + 2 * lifetimeSeconds
  const incident = { untilSeconds, signInWithinSeconds: intervalSeconds, outage }
  const fleet = run(clients, contender, incident)
  const load = createReader(fleet, steadyFromSeconds, fromSeconds)
  const last = fleet.recoveries.reduce((latest, at) => Math.max(latest, at), toSeconds)
  return {
    steady: load.steady,
    during: load.mean(fromSeconds, toSeconds),
    peakDuring: load.peak(fromSeconds, toSeconds),
    peakAfter: load.peak(toSeconds, toSeconds + recoverySeconds),
    echo: load.peak(toSeconds + recoverySeconds, untilSeconds),
    recoveredAfter: last - toSeconds
  }
}
