// A cache that stands before a site and is shared by all who ask: it keeps whole answers by their URL.
import type { WireResponse } from 'everbearer/mock'
import type { Site } from '../support/worlds/internet.ts'
import { headerOf } from '../support/worlds/trusted-and-foreign-origins.ts'

export type Upstream = (request: Parameters<Site>[0]) => Promise<WireResponse>

export interface CachingProxyOptions {
  /** Does it obey `Cache-Control: no-store`, as it must (RFC 9111 §5.2.2.5)? */
  readonly heedsNoStore?: boolean
  /** The one method that it caches. */
  readonly caches?: 'GET' | 'POST'
}

export function createCachingProxy(
  origin: Upstream,
  { heedsNoStore = true, caches = 'GET' }: CachingProxyOptions = {}
): Site {
  const stored = new Map<string, WireResponse>()
  return async (request) => {
    if (request.method !== caches) return origin(request)
    const hit = stored.get(request.url)
    if (hit !== undefined) return hit
    const answer = await origin(request)
    const mayStore = !(headerOf(answer, 'cache-control') ?? '').includes('no-store')
    if (mayStore || !heedsNoStore) stored.set(request.url, answer)
    return answer
  }
}
