// What a login, refresh or logout must look like, so that no other site can send one in the user's name (CSRF).

import { type Decision, decision } from './decision.ts'
import { headerValue, refusal, type WireRequest } from './message.ts'
import { isAllowedOrigin } from './origins.ts'

/** The refusal, or nothing if the request may go on. */
export function checkCsrf(
  request: WireRequest,
  allowedOrigins: 'loopback' | readonly string[],
  expectedType = 'application/json'
): Decision | undefined {
  const origin = headerValue(request, 'origin')
  const isOwn = origin !== undefined && origin === new URL(request.url).origin
  const isAllowed = isOwn || (origin !== undefined && isAllowedOrigin(allowedOrigins, origin))
  const isCrossSite = headerValue(request, 'sec-fetch-site') === 'cross-site'
  // Neither header is there outside a browser, and then there is nobody whose cookie could be abused.
  if (!isAllowed && (origin !== undefined || isCrossSite)) {
    const description = 'requests from this origin are not accepted'
    return decision('cross_site', refusal(403, 'cross_site', description))
  }
  // A form cannot send JSON, and a script cannot send it cross-origin without a preflight.
  const mediaType = headerValue(request, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== expectedType) {
    const description = `the content type must be ${expectedType}`
    return decision('unsupported_media_type', refusal(415, 'invalid_request', description))
  }
  return undefined
}
