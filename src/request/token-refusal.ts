// What counts as a refusal of the access token: 401 read together with its challenges, or what the app says.

import { callLater } from '../lib/listeners.ts'
import type { IncomingAnswer } from './transport.ts'
import { type Challenge, parseChallenges } from './www-authenticate.ts'

/** An answer of the API with a status from 400 to 499, as `isTokenRefusal` gets it. */
export interface ApiAnswer {
  readonly status: number
  /** Its `WWW-Authenticate` header; none where it is malformed, or hidden by CORS. */
  readonly challenges: readonly Challenge[]
  /** Reads its body; empty where axios did not read it as text, such as a `stream` or, in a page, a `blob`. */
  text(): Promise<string>
}

export type IsTokenRefusal = (answer: ApiAnswer) => boolean | Promise<boolean>

export type Refuses = (
  answer: Pick<IncomingAnswer<unknown>, 'status' | 'challenge' | 'text'>
) => Promise<boolean>

export function createRefusalRule(isTokenRefusal: IsTokenRefusal | undefined): Refuses {
  return async ({ status, challenge, text }) => {
    const byDefault = status === 401
    if (isTokenRefusal === undefined && !byDefault) return false
    const challenges = parseChallenges(challenge())
    // The token is good and does not suffice: a new one would be refused likewise (RFC 6750 §3.1).
    if (challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')) {
      return false
    }
    if (isTokenRefusal === undefined) return byDefault
    try {
      return Boolean(await isTokenRefusal({ status, challenges, text }))
    } catch (error) {
      callLater(() => {
        throw error
      })
      return byDefault
    }
  }
}
