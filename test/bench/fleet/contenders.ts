// Contenders of the fleet: clients with the shipped policy, and the floor.
import { openShippedClient } from '../../support/fleet/shipped-client.ts'
import type { SimulatedClient } from '../../support/fleet/simulated-clients.ts'

export const lifetimeSeconds = 900
/** Without jitter, all contenders refresh this long before the expiry. */
const beforeExpirySeconds = 60
/** Time from one refresh to the next without jitter. */
export const intervalSeconds: number = lifetimeSeconds - beforeExpirySeconds

export interface Contender {
  readonly name: string
  open(random: () => number): SimulatedClient
}

function shipped(name: string, spreadRefreshes: boolean): Contender {
  const policy = { refreshBeforeExpirySeconds: beforeExpirySeconds, spreadRefreshes }
  return { name, open: (random) => openShippedClient({ policy, lifetimeSeconds, random }) }
}

export const everbearer: Contender = shipped('everbearer', true)
export const withoutSpread: Contender = shipped('everbearer, no spread', false)

/** The least that a client can do: it refreshes at a fixed age, and retries each second. */
export const floor: Contender = {
  name: 'floor: fixed times',
  open: () => ({
    received: (at) => at + intervalSeconds,
    failed: (at) => at + 1
  })
}
