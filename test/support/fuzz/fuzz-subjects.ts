// Fuzz subjects: the code that receives malformed input, with the checks on its result. It throws
// only typed errors, and every time that it returns is a finite number.

import fc from 'fast-check'
import { readOAuthError } from '../../../src/auth-api/answers/answer.ts'
import { parseRetryAfterMs } from '../../../src/auth-api/answers/retry-after.ts'
import type { IssuedToken, TokenAnswer } from '../../../src/auth-api/answers/token-answer.ts'
import { createEndpoints } from '../../../src/auth-api/endpoints.ts'
import { createTokenRequest } from '../../../src/auth-api/token-request.ts'
import { defaultHeader } from '../../../src/contract/default-contract.ts'
import { isAccessToken, readClaims } from '../../../src/lib/access-token.ts'
import { parseChallenges } from '../../../src/lib/challenges.ts'
import { isAuthError } from '../../../src/lib/errors.ts'
import { createPlatform } from '../../../src/lib/platform.ts'
import { backoffMs, planRefreshAt } from '../../../src/refresh/refresh-time.ts'
import { readReissuedHeader } from '../../../src/request/reissued-header.ts'
import { readContract } from '../../../src/resolve-contract.ts'
import { bareToken, readTokenResponse, receiveToken } from '../tokens.ts'
import {
  answers,
  bodies,
  challenges,
  headers,
  type RawAnswer,
  retryAfters,
  tokens
} from './bad-inputs.ts'

export interface Subject {
  readonly kind: string
  /** Its share of all inputs. */
  readonly share: number
  readonly inputs: fc.Arbitrary<unknown>
  /** Returns how the code classified the input. Throws if a check fails. */
  feed(input: unknown): string | Promise<string>
  /** The inputs must reach every one of these outcomes, or they test too little. */
  readonly outcomes: readonly string[]
}

const hundredYearsSeconds = 100 * 365 * 86_400
const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes: true }
const receivedAt = { wallMs: 1.8e12, monotonicMs: 5_000 }

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`violated: ${what}`)
}

function checkTimes(token: IssuedToken): void {
  const received = receiveToken(token, receivedAt)
  const { lifetimeSeconds } = received
  check(
    lifetimeSeconds === undefined ||
      (lifetimeSeconds >= 1 && lifetimeSeconds <= hundredYearsSeconds),
    'a lifetime is between a second and a hundred years'
  )
  const refreshAt = planRefreshAt(received, false, policy, () => 0.5)
  check(
    refreshAt === undefined ||
      (Number.isFinite(refreshAt.wallMs) && refreshAt.wallMs >= receivedAt.wallMs),
    'a refresh is planned for a time in the future'
  )
}

function checkClaims(token: string): string {
  const claims = readClaims(token)
  if (claims === undefined) return 'opaque'
  for (const text of [claims.kid, claims.sid]) {
    check(text === undefined || typeof text === 'string', 'a text claim is a string')
  }
  for (const date of [claims.iat, claims.exp]) {
    check(
      date === undefined || (Number.isFinite(date) && date > 0),
      'a date claim is a positive number'
    )
  }
  return 'with claims'
}

function checkIssued(issued: IssuedToken): void {
  check(isAccessToken(issued.accessToken), 'an issued token can be sent in a header')
  const { expiresInSeconds } = issued
  check(
    expiresInSeconds === undefined || (Number.isFinite(expiresInSeconds) && expiresInSeconds > 0),
    'a lifetime in an answer is a number of seconds'
  )
  checkTimes(issued)
}

/** Only an `AuthError` may be thrown, and its message must not contain the input. */
function checkError(error: unknown, secret: unknown): void {
  check(isAuthError(error), `only an AuthError is thrown, not ${String(error)}`)
  check(error.message.length < 400, 'a message does not copy the input')
  const isLeak = typeof secret === 'string' && secret.length >= 16 && error.message.includes(secret)
  check(!isLeak, 'a message contains no token')
  const { retryAfterMs } = error
  check(
    retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0),
    'a wait is a number of milliseconds'
  )
}

function secretIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, 'access_token') : undefined
}

let nextAnswer: RawAnswer = { status: 200, headers: [], text: '' }

const contract = readContract(
  { refresh: { credential: 'refresh-token', idempotencyKey: 'never' } },
  'contract'
)
const tokenRequest = createTokenRequest(
  createPlatform({
    fetch: async () => {
      const { status, headers: lines, text } = nextAnswer
      const isEmpty = [204, 205, 304].includes(status)
      return new Response(isEmpty ? null : text, {
        status,
        headers: lines.map(([...line]) => line)
      })
    },
    pageUrl: () => undefined
  }),
  {
    contract,
    endpoints: createEndpoints(
      { baseURL: 'https://api.app.example', contract },
      undefined,
      () => true
    ),
    trusts: () => true,
    isTokenRefusal: async () => false,
    decide: async () => false,
    notices: undefined
  }
)

function checkAnswer(answer: TokenAnswer): string {
  if (answer.kind === 'issued') checkIssued(answer.token)
  else if (answer.kind === 'undecided') checkError(answer.error, undefined)
  else {
    const { oauthError } = answer
    check(oauthError === undefined || /^[a-z_]{1,64}$/.test(oauthError), 'an error code is a word')
  }
  return answer.kind
}

export const subjects: readonly Subject[] = [
  {
    kind: 'token',
    share: 0.4,
    inputs: tokens,
    feed(token) {
      check(typeof token === 'string', 'tokens are text')
      checkTimes(bareToken(token))
      const outcome = checkClaims(token)
      return isAccessToken(token) ? outcome : 'refused'
    },
    outcomes: ['with claims', 'opaque', 'refused']
  },
  {
    kind: 'header',
    share: 0.25,
    inputs: headers,
    feed(value) {
      const header = readReissuedHeader(defaultHeader, value)
      if (header.kind !== 'token') return header.kind
      check(isAccessToken(header.accessToken), 'a token from a header can be sent in a header')
      check(
        typeof value === 'string' && value.endsWith(header.accessToken),
        'the header ends with its token'
      )
      checkTimes(bareToken(header.accessToken))
      return header.kind
    },
    outcomes: ['token', 'malformed', 'absent']
  },
  {
    kind: 'refresh body',
    share: 0.15,
    inputs: bodies,
    feed(body) {
      readOAuthError(body)
      let issued: IssuedToken
      try {
        issued = readTokenResponse(body)
      } catch (error) {
        checkError(error, secretIn(body))
        return 'refused'
      }
      checkIssued(issued)
      return issued.expiresInSeconds === undefined ? 'issued' : 'issued for a time'
    },
    outcomes: ['issued', 'issued for a time', 'refused']
  },
  {
    kind: 'answer of an auth endpoint',
    share: 0.1,
    inputs: answers,
    async feed(input) {
      nextAnswer = input as RawAnswer
      const { signal } = new AbortController()
      const context = { idempotencyKey: 'a', signal, accessToken: 'a', refreshToken: 'r' }
      checkAnswer(await tokenRequest.login({})(context))
      const outcome = checkAnswer(await tokenRequest.refresh(context))
      const { kind } = await tokenRequest.logout(context, signal)
      check(['confirmed', 'unconfirmed'].includes(kind), 'a logout is confirmed or unconfirmed')
      return outcome
    },
    outcomes: ['issued', 'rejected', 'undecided']
  },
  {
    kind: 'WWW-Authenticate',
    share: 0.05,
    inputs: challenges,
    feed(value) {
      const parsed = parseChallenges(value)
      for (const { scheme, parameters } of parsed) {
        check(/^[!#$%&'*+\-.^_`|~\w]+$/.test(scheme), 'a scheme is one word')
        check(scheme === scheme.toLowerCase(), 'a scheme is in lower case')
        for (const [name, text] of parameters) {
          check(name === name.toLowerCase(), 'a name is in lower case')
          check(!/[\r\n\0]/.test(text), 'a parameter holds no control character')
        }
      }
      const isQualified = parsed.some(({ parameters }) => parameters.size > 0)
      return parsed.length === 0 ? 'nothing' : isQualified ? 'with parameters' : 'bare'
    },
    outcomes: ['nothing', 'bare', 'with parameters']
  },
  {
    kind: 'Retry-After',
    share: 0.05,
    inputs: fc.tuple(retryAfters, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    feed(input) {
      const [value, random] = input as [string | null, number]
      const retryAfterMs = parseRetryAfterMs(value, receivedAt.wallMs)
      check(
        retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0),
        'a wait is a number of milliseconds'
      )
      for (const failures of [1, 2, 40, 1_000]) {
        const delayMs = backoffMs(failures, { retryAfterMs, slackMs: 0 }, random)
        check(delayMs >= 0 && delayMs <= 360_000, 'a delay is at most six minutes')
      }
      return retryAfterMs === undefined ? 'nothing' : 'a wait'
    },
    outcomes: ['a wait', 'nothing']
  }
]

export function sizeOf(input: unknown): number {
  if (typeof input === 'string') return input.length
  try {
    return JSON.stringify(input)?.length ?? 0
  } catch {
    return 0
  }
}
