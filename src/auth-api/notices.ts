// Developer notices: report answers that the client cannot interpret, once per kind and client.
//
// They name the field of the contract that would explain the answer, and never quote a body.

import { describeOtherScheme } from '../lib/credential.ts'
import { callLater } from '../lib/listeners.ts'
import type { Platform } from '../lib/platform.ts'
import type { Answered } from './answers/answer.ts'
import type { Tokens } from './answers/read-token.ts'

export interface Notices {
  /** A refresh answered 4xx, but the session goes on. */
  refreshRefused(answer: Answered, isFromElsewhere: boolean): void
  /** A 2xx answer held no token at the places of the contract. */
  noToken(answer: Answered, endpoint: 'login' | 'refresh', tokens: Tokens): void
  /** An answer held an access token, but no refresh token. */
  noRefreshToken(answer: Answered, tokens: Tokens): void
  wrongLifetime(source: string): void
  /** An answer states another lifetime than its token has. */
  contradictedLifetime(): void
  /** A sign-out was not confirmed. */
  logoutUnconfirmed(answer: Answered): void
  /** A method of the option `refreshTokenStore` failed. */
  storeFailed(method: 'get' | 'set' | 'remove'): void
}

const storeFailures = {
  get: 'The session is kept. Without a refresh token in memory, the refresh will be retried.',
  set: 'The session goes on, but the next page load may not restore it.',
  remove: 'The store may still hold the refresh token of an ended session.'
} as const

/** Returns `undefined` in production. */
export function createNotices(platform: Pick<Platform, 'warn'>): Notices | undefined {
  try {
    // Bundlers replace exactly this expression, and drop the notices from a production build.
    if (process.env.NODE_ENV !== 'production') return createDevelopmentNotices(platform)
  } catch {
    // A page without a bundler has no `process`.
  }
  return undefined
}

function createDevelopmentNotices(platform: Pick<Platform, 'warn'>): Notices {
  const noted = new Set<string>()

  function note(kind: string, message: string): void {
    if (noted.has(kind)) return
    noted.add(kind)
    callLater(() => platform.warn(`everbearer: ${message}`))
  }

  return {
    refreshRefused({ where, response, isHtml }, isFromElsewhere) {
      const { status, headers } = response
      const bySource = isHtml ? 'an HTML body' : 'the challenge of another scheme'
      const sign = headers.has('Retry-After') ? 'a Retry-After header' : bySource
      const field = 'say so in contract.refusals.session'
      const problem = !isFromElsewhere
        ? `${where} answered ${status}, and the session was kept. If this ends the session, ${field}.`
        : `${where} answered ${status} with ${sign}, which suggests a proxy, so the session was kept. If this ends the session, ${field} with a body, a text or a challenge.`
      note('refreshRefused', problem + csrfHint(status, 'refresh'))
    },
    noToken(answer, endpoint, tokens) {
      const problem = `${answer.where} answered ${answer.response.status} without a token that the client can find`
      const meaning =
        endpoint === 'login'
          ? 'If it rejects the credentials or asks for a second factor, say so in contract.refusals.credentials.'
          : 'If it ends the session, say so in contract.refusals.session.'
      note(
        `noToken ${endpoint}`,
        problem +
          (otherScheme(answer, tokens, 'accessToken') ??
            `. If the answer holds one, say where in contract.tokens. ${meaning}`)
      )
    },
    noRefreshToken(answer, tokens) {
      note(
        'noRefreshToken',
        `The answer of ${answer.where} holds no refresh token, so the session cannot be refreshed` +
          (otherScheme(answer, tokens, 'refreshToken') ??
            '. If the answer holds one, say where in contract.tokens.refreshToken.')
      )
    },
    wrongLifetime(source) {
      note(
        'wrongLifetime',
        `${source} holds a lifetime that is unreadable or not positive, so the client ignores it. Describe it in contract.tokens.expiresIn.`
      )
    },
    contradictedLifetime() {
      note(
        'contradictedLifetime',
        'an answer states another lifetime than its access token has, so the client uses that of the token. Describe the place and the unit in contract.tokens.expiresIn.'
      )
    },
    logoutUnconfirmed({ where, response: { status } }) {
      note(
        'logoutUnconfirmed',
        `${where} answered ${status}, which does not confirm the sign-out. If it does, say so in contract.logout.confirmedBy. If the endpoint takes no access token, set contract.logout.accessToken to false.${csrfHint(status, 'logout')}`
      )
    },
    storeFailed(method) {
      note(
        `storeFailed ${method}`,
        `refreshTokenStore.${method}() failed or did not answer in time. ${storeFailures[method]}`
      )
    }
  }
}

function csrfHint(status: number, endpoint: 'refresh' | 'logout'): string {
  return status === 403
    ? ` A 403 can also mean that a CSRF token is missing or wrong: see contract.${endpoint}.csrf.`
    : ''
}

/** The end of a message about a header that holds a token after another scheme. */
function otherScheme(
  { response }: Answered,
  tokens: Tokens,
  name: 'accessToken' | 'refreshToken'
): string | undefined {
  const place = typeof tokens === 'function' ? undefined : tokens[name]
  if (place?.in !== 'header') return undefined
  const found = describeOtherScheme(place, response.headers.get(place.header))
  return found && `: ${found}. Set the scheme in contract.tokens.`
}
