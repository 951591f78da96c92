// What is fed with bad input, and what has to hold of it: no throw but the typed one, and no time that is no number.

import fc from 'fast-check'
import {
  type IssuedToken,
  parseRetryAfterMs,
  readOAuthError,
  readTokenResponse
} from '../../../src/auth-api/answer.ts'
import { createEndpoints } from '../../../src/auth-api/endpoints.ts'
import { createTokenRequest, type TokenAnswer } from '../../../src/auth-api/token-request.ts'
import { isAccessToken, readClaims } from '../../../src/lib/access-token.ts'
import { isAuthError } from '../../../src/lib/errors.ts'
import { createPlatform } from '../../../src/lib/platform.ts'
import { backoffMs, planRefreshAt } from '../../../src/refresh/refresh-time.ts'
import { readReissuedHeader } from '../../../src/request/send-with-token.ts'
import { parseChallenges } from '../../../src/request/token-refusal.ts'
import { receiveToken } from '../../../src/session/held-token.ts'
import { bareToken } from '../bare-token.ts'
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
  /** Throws where something does not hold; else it says what the input was taken for. */
  feed(input: unknown): string | Promise<string>
  /** What inputs have to be taken for, sooner or later: or else they test too little. */
  readonly outcomes: readonly string[]
}

const hundredYearsSeconds = 100 * 365 * 86_400
const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes: true }
const receivedAt = { wallMs: 1.8e12, monotonicMs: 5_000 }

function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`violated: ${what}`)
}

function checkTimes(token: IssuedToken): void {
  const received = receiveToken(token, receivedAt)
  const { lifetimeSeconds } = received
  hold(
    lifetimeSeconds === undefined ||
      (lifetimeSeconds >= 1 && lifetimeSeconds <= hundredYearsSeconds),
    'a lifetime is between a second and a hundred years'
  )
  const refreshAt = planRefreshAt(received, false, policy, () => 0.5)
  hold(
    refreshAt === undefined ||
      (Number.isFinite(refreshAt.wallMs) && refreshAt.wallMs >= receivedAt.wallMs),
    'a refresh is planned for a time that will come'
  )
}

function checkClaims(token: string): string {
  const claims = readClaims(token)
  if (claims === undefined) return 'opaque'
  for (const text of [claims.kid, claims.sub, claims.sid]) {
    hold(text === undefined || typeof text === 'string', 'a claim that is text is text')
  }
  for (const date of [claims.iat, claims.exp]) {
    hold(
      date === undefined || (Number.isFinite(date) && date > 0),
      'a claim that is a date is a number'
    )
  }
  return 'with claims'
}

function checkIssued(issued: IssuedToken): void {
  hold(isAccessToken(issued.accessToken), 'what is issued can be sent')
  const { expiresInSeconds } = issued
  hold(
    expiresInSeconds === undefined || (Number.isFinite(expiresInSeconds) && expiresInSeconds > 0),
    'a lifetime in an answer is a number of seconds'
  )
  checkTimes(issued)
}

/** The one error there may be, and it tells nothing of what it is about. */
function checkError(error: unknown, secret: unknown): void {
  hold(isAuthError(error), `only an AuthError is thrown, not ${String(error)}`)
  hold(error.message.length < 400, 'a message is no copy of the input')
  const isTelling =
    typeof secret === 'string' && secret.length >= 16 && error.message.includes(secret)
  hold(!isTelling, 'a message holds no token')
  const { retryAfterMs } = error
  hold(
    retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0),
    'a wait is a number of milliseconds'
  )
}

function secretIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, 'access_token') : undefined
}

let nextAnswer: RawAnswer = { status: 200, headers: [], text: '' }

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
    endpoints: createEndpoints(
      {
        baseURL: 'https://api.app.example',
        paths: { login: '/login', refresh: '/refresh', logout: '/logout' }
      },
      () => undefined
    ),
    sendIdempotencyKey: 'never',
    refreshWith: 'refresh-token',
    parseTokenResponse: undefined,
    trusts: () => true
  }
)

function checkAnswer(answer: TokenAnswer): string {
  if (answer.kind === 'issued') checkIssued(answer.token)
  else if (answer.kind === 'undecided') checkError(answer.error, undefined)
  else {
    const { oauthError } = answer
    hold(oauthError === undefined || /^[a-z_]{1,64}$/.test(oauthError), 'an error code is a word')
  }
  return answer.kind
}

export const subjects: readonly Subject[] = [
  {
    kind: 'token',
    share: 0.4,
    inputs: tokens,
    feed(token) {
      hold(typeof token === 'string', 'tokens are text')
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
      const header = readReissuedHeader(value)
      if (header.kind !== 'token') return header.kind
      hold(isAccessToken(header.accessToken), 'what a header holds can be sent')
      hold(typeof value === 'string' && value.endsWith(header.accessToken), 'and stands in it')
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
        issued = readTokenResponse(body, 'It')
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
      checkAnswer(await tokenRequest.login({ type: 'application/json', text: '{}' }, signal))
      const context = { attempt: 'a', signal, accessToken: 'a', refreshToken: 'r' }
      const outcome = checkAnswer(await tokenRequest.refresh(context))
      const isGone: unknown = await tokenRequest.logout(context, signal)
      hold(typeof isGone === 'boolean', 'a session is gone or not')
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
        hold(/^[!#$%&'*+\-.^_`|~\w]+$/.test(scheme), 'a scheme is one word')
        hold(scheme === scheme.toLowerCase(), 'a scheme is in lower case')
        for (const [name, text] of parameters) {
          hold(name === name.toLowerCase(), 'a name is in lower case')
          hold(!/[\r\n\0]/.test(text), 'a parameter holds no control character')
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
      hold(
        retryAfterMs === undefined || (Number.isFinite(retryAfterMs) && retryAfterMs >= 0),
        'a wait is a number of milliseconds'
      )
      for (const failures of [1, 2, 40, 1_000]) {
        const delayMs = backoffMs(failures, { retryAfterMs, slackMs: 0 }, random)
        hold(delayMs >= 0 && delayMs <= 360_000, 'nobody waits for ever')
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
