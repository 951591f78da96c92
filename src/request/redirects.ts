// Redirects: keeps a token that is not in `Authorization` from following a redirect to another
// origin.
//
// When a redirect leaves the origin, browsers and Node remove `Authorization` only (Fetch standard,
// "HTTP-redirect fetch"). In a page the target is known only after the header has been sent there,
// so such a request follows no redirect.

import { AuthError } from '../lib/errors.ts'
import { isRedirect } from '../lib/responses.ts'

type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>

/** Whether the engine sends this header to another origin after a redirect. */
export function isKeptOnRedirect(header: string): boolean {
  return header.toLowerCase() !== 'authorization'
}

/**
 * Sends a request that carries the token in `header`.
 *
 * @throws AuthError `ERR_AUTH_NETWORK` if the server redirects and the engine would keep the header
 */
export function fetchWithToken(
  inner: Fetch,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  header: string
): Promise<Response> {
  const isFollowing = !(input instanceof Request) || input.redirect === 'follow'
  if (!isFollowing || !isKeptOnRedirect(header)) return inner(input, init)
  // `fetch` also reads inherited options, and `Object.prototype` may be polluted.
  const manual: RequestInit = Object.assign(Object.create(null), init, { redirect: 'manual' })
  return orRefused(inner(input, manual), header)
}

async function orRefused(answering: Promise<Response>, header: string): Promise<Response> {
  const response = await answering
  if (!isRedirect(response)) return response
  response.body?.cancel().catch(() => {})
  throw new AuthError(
    'ERR_AUTH_NETWORK',
    `The server redirected a request that carries the access token in ${header}. The redirect was not followed, because it could take that header to another origin. Request the final URL.`
  )
}
