// Who was seen carrying an access token of this server to somewhere else.
import { decodeJwt } from 'jose/jwt/decode'
import { readCredential } from './bearer.ts'
import type { Journal, MockCall, MockDoor } from './journal.ts'
import { parseUrl } from './routes.ts'
import { headerValue, type WireRequest } from './wire.ts'

export interface Witness {
  /** Looks at a request that is none of the server's business, and keeps what matters if it is after all. */
  see(request: WireRequest, door: MockDoor): void
  /** What was seen, apart from the journal: these calls were never answered here. */
  sightings(): readonly MockCall[]
  reset(): void
}

const keptSightings = 1_000

export function createWitness(
  { issuer, now }: { readonly issuer: string; readonly now: () => number },
  journal: Pick<Journal, 'arrivals'>
): Witness {
  let sightings: MockCall[] = []

  return {
    see(request, door) {
      const url = parseUrl(request.url)
      const credential = readCredential(request)
      if (url === undefined || credential.kind !== 'token') return
      if (issuerOf(credential.token) !== issuer || sightings.length >= keptSightings) return
      const origin = headerValue(request, 'origin')
      const call: MockCall = Object.freeze({
        index: journal.arrivals(),
        startedAtMs: now(),
        door,
        method: request.method,
        path: url.pathname,
        target: url.origin,
        route: 'elsewhere',
        outcome: 'passed_by',
        reissued: false,
        tokenInUrl: false,
        ...(origin === undefined ? {} : { origin })
      })
      // Every set of handlers looks: two of them see the same request at the same moment.
      if (JSON.stringify(sightings.at(-1)) !== JSON.stringify(call)) sightings.push(call)
    },
    sightings: () => sightings,
    reset() {
      sightings = []
    }
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}
