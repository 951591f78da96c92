// Who was seen carrying an access token of this server to somewhere else, or in a URL where no guard looks.

import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { decodeJwt } from 'jose/jwt/decode'
import type { MockAdapter, MockCall } from '../calls/call.ts'
import { type CallLog, redact } from '../calls/call-log.ts'
import { readCredential } from '../http/bearer.ts'
import { headerValue, parseUrl, type WireRequest } from '../http/message.ts'

export interface TokenLeaks {
  /**
   * Looks at a request that may be none of the server's business, and keeps what matters if it is after all. At `home`,
   * the origin that the door answers for, only the URL matters.
   */
  inspect(request: WireRequest, adapter: MockAdapter, home?: string): void
  /** What was seen, apart from the journal: these calls were never answered here. */
  leaks(): readonly MockCall[]
  reset(): void
}

const keptLeaks = 1_000
const jwsPattern = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g

export interface TokenLeaksDeps {
  readonly issuer: string
  readonly now: () => number
  readonly arrivals: CallLog['arrivals']
  /** Is this, or was it, a key of the server's own? */
  readonly isOwnKid: (kid: string) => boolean
}

export function createTokenLeaks({ issuer, now, arrivals, isOwnKid }: TokenLeaksDeps): TokenLeaks {
  let leaks: MockCall[] = []

  // By the key too: several servers in one test have the same issuer, unless they are told.
  const isOwn = (token: string): boolean => {
    try {
      const { kid } = decodeProtectedHeader(token)
      return kid !== undefined && isOwnKid(kid) && decodeJwt(token).iss === issuer
    } catch {
      return false
    }
  }

  return {
    inspect(request, adapter, home) {
      const url = parseUrl(request.url)
      if (url === undefined || leaks.length >= keptLeaks) return
      const isHome = url.origin === home
      const path = url.pathname + url.search
      const credential = readCredential(request)
      const isCarried = !isHome && credential.kind === 'token' && isOwn(credential.token)
      const tokenInUrl = (path.match(jwsPattern) ?? []).some(isOwn)
      if (!isCarried && !tokenInUrl) return
      const origin = headerValue(request, 'origin')
      const call: MockCall = Object.freeze({
        index: arrivals(),
        startedAtMs: now(),
        adapter,
        method: request.method,
        path: redact(path),
        target: url.origin,
        route: isHome ? 'unknown' : 'elsewhere',
        outcome: 'passed_by',
        reissued: false,
        tokenInUrl,
        ...(origin === undefined ? {} : { origin })
      })
      // Every set of handlers looks: two of them see the same request at the same moment.
      if (JSON.stringify(leaks.at(-1)) !== JSON.stringify(call)) leaks.push(call)
    },
    leaks: () => leaks,
    reset() {
      leaks = []
    }
  }
}
