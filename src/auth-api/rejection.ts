// Rejections: decides which answers reject the credentials or end the session. All others are
// retried.
import type { Answered } from './post.ts'
import { readOAuthError } from './token-response.ts'

/** Statuses that ask for another attempt (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const retryStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/** 404 and 405 point to a wrong path rather than to wrong credentials. */
const wrongPathStatuses: ReadonlySet<number> = new Set([404, 405])

export function isLoginRejection({ response: { status } }: Answered): boolean {
  const isRejection = status >= 400 && status < 500
  return isRejection && !wrongPathStatuses.has(status) && !retryStatuses.has(status)
}

export function isSessionRejection({ response, body, isHtml }: Answered): boolean {
  switch (response.status) {
    case 400:
      return readOAuthError(body) === 'invalid_grant'
    case 401:
      return true
    case 403:
      // A firewall or a captive portal answers 403 with an HTML page and knows nothing about the
      // session.
      return !isHtml
    default:
      return false
  }
}

/**
 * The OAuth 2 form was sent without a refresh token, and the server found no cookie in its place.
 * RFC 6749 §5.2 calls that an invalid request.
 */
export function isMissingCredential({ response, body }: Answered): boolean {
  return response.status === 400 && readOAuthError(body) === 'invalid_request'
}
