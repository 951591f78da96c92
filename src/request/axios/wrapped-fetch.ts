// Wrapped fetch: the `fetch` that axios's fetch adapter calls. It notes the final URL, and removes
// the token from the request that errors expose.

import type { InternalAxiosRequestConfig } from 'axios'
import { fetchWithToken } from '../redirects.ts'

export type Fetch = NonNullable<NonNullable<InternalAxiosRequestConfig['env']>['fetch']>

const finalUrls = new WeakMap<object, string>()

/** The recorded URL. Empty if the engine hides it; `undefined` for a request of another adapter. */
export function notedFinalUrl(request: object): string | undefined {
  return finalUrls.get(request)
}

/** A `fetch` for axios that records the final URL of each response. */
export const noteFinalUrl: (inner: Fetch) => Fetch = onceForEach((inner) => async (input, init) => {
  const response = await inner(input, init)
  if (typeof input === 'object') finalUrls.set(input, response.url)
  return response
})

/** As {@link noteFinalUrl}; it also removes the token from the request once that was sent. */
export const forgetToken: (inner: Fetch, header: string) => Fetch = onceForEach((inner, header) => {
  const send = noteFinalUrl((input, init) => fetchWithToken(inner, input, init, header))
  return async (input, init) => {
    try {
      return await send(input, init)
    } finally {
      // Errors of axios expose this `Request`. The network sent a copy of it.
      if (input instanceof Request) input.headers.delete(header)
    }
  }
})

// One wrapper per `fetch` and header, shared by all clients: axios keeps every `fetch` that it ever
// got.
function onceForEach(
  make: (inner: Fetch, header: string) => Fetch
): (inner: Fetch, header?: string) => Fetch {
  const made = new WeakMap<Fetch, Map<string, Fetch>>()
  return (inner, header = '') => {
    const known = made.get(inner)?.get(header)
    if (known !== undefined) return known
    const wrapped = make(inner, header)
    made.set(inner, (made.get(inner) ?? new Map()).set(header, wrapped))
    return wrapped
  }
}
