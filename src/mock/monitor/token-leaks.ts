// Token leaks: detects access tokens of this server that are sent elsewhere or placed in a URL.

import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { decodeJwt } from 'jose/jwt/decode'
import type { MockAdapter, MockCall } from '../calls/call.ts'
import { type CallLog, redact } from '../calls/call-log.ts'
import type { ReadCredential } from '../http/bearer.ts'
import { headerValue, parseUrl, type WireRequest } from '../http/message.ts'

export interface TokenLeaks {
  /**
   * Records a request if it leaks a token. A request to `home`, the origin that the adapter answers
   * for, leaks it only in its URL.
   */
  inspect(request: WireRequest, adapter: MockAdapter, home?: string): void
  /** The requests that leak a token. The server did not answer them, so the call log lacks them. */
  leaks(): readonly MockCall[]
  reset(): void
}

/** More leaks than this are not recorded, to limit memory. */
const keptLeaks = 1_000
const jwsPattern = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g

export interface TokenLeaksDeps {
  readonly issuer: string
  readonly readCredential: ReadCredential
  readonly now: () => number
  readonly arrivals: CallLog['arrivals']
  /** Whether the `kid` is that of an own key, a retired one included. */
  readonly isOwnKid: (kid: string) => boolean
}

export function createTokenLeaks({
  issuer,
  readCredential,
  now,
  arrivals,
  isOwnKid
}: TokenLeaksDeps): TokenLeaks {
  let leaks: MockCall[] = []

  // Checks the key too, because several servers in one test share the default issuer.
  function isOwn(token: string): boolean {
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
      // Several sets of handlers may inspect the same request at the same moment.
      if (JSON.stringify(leaks.at(-1)) !== JSON.stringify(call)) leaks.push(call)
    },
    leaks: () => leaks,
    reset() {
      leaks = []
    }
  }
}
