// Shared cache: a proxy before a server that stores whole responses by URL, for all users.
import type { WireResponse } from 'everbearer/mock'
import type { Site } from '../support/setups/internet.ts'
import { headerOf } from '../support/setups/trusted-and-foreign-origins.ts'

export type Upstream = (request: Parameters<Site>[0]) => Promise<WireResponse>

export interface CachingProxyOptions {
  /** Whether it obeys `Cache-Control: no-store`, as it must (RFC 9111 §5.2.2.5). */
  readonly heedsNoStore?: boolean
  /** The method that it caches. */
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
