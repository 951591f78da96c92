// Linear time: reading twice the input takes about twice the time, and oversized input is refused.

import { expect, it } from 'vitest'
import { readOAuthError } from '../../src/auth-api/answers/answer.ts'
import { parseRetryAfterMs } from '../../src/auth-api/answers/retry-after.ts'
import { createEndpoints } from '../../src/auth-api/endpoints.ts'
import { createTokenRequest } from '../../src/auth-api/token-request.ts'
import { defaultHeader } from '../../src/contract/default-contract.ts'
import { isAccessToken, longestTokenCharacters, readClaims } from '../../src/lib/access-token.ts'
import { createPlatform } from '../../src/lib/platform.ts'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { readContract } from '../../src/resolve-contract.ts'
import { pairs, sample } from '../support/tier.ts'
import { readTokenResponse } from '../support/tokens.ts'

const kibi = 1024
const mebi = kibi * kibi

type Shape = (length: number) => string

const repeated =
  (unit: string, before = '', behind = ''): Shape =>
  (length) =>
    before + unit.repeat(Math.max(0, Math.floor((length - before.length) / unit.length))) + behind
const payload =
  (shape: Shape): Shape =>
  (length) => {
    const text = shape(Math.floor((length * 3) / 4))
    return `${Buffer.from('{}').toString('base64url')}.${Buffer.from(text).toString('base64url')}.a`
  }

const shapes: Readonly<Record<string, Shape>> = {
  letters: repeated('a'),
  dots: repeated('.'),
  'dots and letters': repeated('a.'),
  padding: repeated('='),
  'letters and padding': repeated('a='),
  'letters and a flaw at the end': repeated('a', '', '!'),
  blanks: repeated(' '),
  'blanks and a letter': repeated(' ', '', 'a'),
  'a scheme and blanks': repeated(' ', 'Bearer'),
  'a scheme, blanks and a flaw': repeated(' ', 'Bearer', 'a b'),
  'a scheme and letters': repeated('a', 'Bearer '),
  schemes: repeated('Bearer '),
  credentials: repeated('Bearer a, '),
  digits: repeated('9'),
  'signs of less': repeated('<'),
  'blanks and HTML': repeated('\n', '', '<html>'),
  'open brackets': repeated('['),
  'open braces': repeated('{"a":'),
  quotes: repeated('"'),
  backslashes: repeated('\\'),
  escapes: repeated('\\u0000', '{"access_token":"', '"}'),
  'a long token in JSON': repeated('a', '{"access_token":"', '"}'),
  'many members': repeated('"a":1,', '{', '"b":1}'),
  'days of the week': repeated('Mon, ')
}
const payloads: Readonly<Record<string, Shape>> = {
  'a payload with a long claim': payload(repeated('a', '{"sub":"', '"}')),
  'a payload with many claims': payload(repeated('"a":1,', '{', '"b":1}')),
  'a deep payload': payload(repeated('[')),
  'a payload in letters of two bytes': payload(repeated('é', '{"sub":"', '"}')),
  'a payload of nonsense': payload(repeated('\\u0000'))
}

interface Reader {
  readonly name: string
  readonly read: (text: string) => unknown
  /** The longest text that reaches this reader. */
  readonly longest: number
}

const readers: readonly Reader[] = [
  { name: 'isAccessToken', read: isAccessToken, longest: mebi },
  {
    name: 'readReissuedHeader',
    read: (value: string) => readReissuedHeader(defaultHeader, value),
    longest: mebi
  },
  {
    name: 'parseRetryAfterMs',
    read: (text) => parseRetryAfterMs(text, 0),
    longest: mebi
  },
  {
    name: 'readTokenResponse',
    read: (text) => {
      try {
        return readTokenResponse({ access_token: text, token_type: text, expires_in: text })
      } catch (error) {
        return error
      }
    },
    longest: mebi
  },
  {
    name: 'readOAuthError',
    read: (text) => readOAuthError({ error: text }),
    longest: mebi
  },
  {
    name: 'readClaims',
    read: readClaims,
    longest: longestTokenCharacters
  }
]

const enoughMs = 1

/** Time per call: the fastest of several rounds, each long enough for the clock's resolution. */
function measureMs(read: (text: string) => unknown, text: string, rounds: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now()
    let times = 0
    do {
      read(text)
      times += 1
    } while (performance.now() - begun < enoughMs)
    best = Math.min(best, (performance.now() - begun) / times)
  }
  return best
}

/** A faster call has refused the input by its length or first characters. */
const atSightMs = 0.005
const greatestRatio = 2.5
/** Other load spoils some measurements, but not all. Superlinear time fails in every attempt. */
const attempts = 8

const rowsOf = (named: Readonly<Record<string, Shape>>) =>
  Object.entries(named).map(([shape, make]) => ({ shape, make }))
const claimReaders = readers.filter(({ name }) => name === 'readClaims')

it.each([...pairs(rowsOf(shapes), readers), ...pairs(rowsOf(payloads), claimReaders)])(
  '$transport.name takes at most 2.5 times as long for twice the input: $shape',
  ({ make, transport: { read, longest } }) => {
    const [whole, half] = [make(longest), make(longest / 2)]
    const ratios: number[] = []
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const wholeMs = measureMs(read, whole, attempt + 1)
      if (wholeMs < atSightMs) return
      ratios.push(wholeMs / measureMs(read, half, attempt + 1))
      if ((ratios.at(-1) ?? 0) <= greatestRatio) return
    }
    expect(Math.min(...ratios)).toBeLessThanOrEqual(greatestRatio)
  }
)

it('the measurement detects quadratic time', () => {
  // The search restarts at every letter and runs to the end.
  const quadratic = (text: string) => /a*b/.test(text)
  const ratio =
    measureMs(quadratic, 'a'.repeat(16 * kibi), 3) / measureMs(quadratic, 'a'.repeat(4 * kibi), 3)
  expect(ratio).toBeGreaterThan(greatestRatio)
})

const largest = mebi * sample({ test: 1, matrix: 64 })
const sizes = Array.from({ length: Math.log2(largest) + 1 }, (_, power) => 2 ** power)

it(`accepts tokens of 1 to ${longestTokenCharacters} bytes within 25 ms each, and refuses longer ones up to ${largest / mebi} MiB`, () => {
  expect(sizes.at(-1)).toBe(largest)
  for (const size of sizes) {
    const token = 'a'.repeat(size)
    const fits = size <= longestTokenCharacters
    expect(isAccessToken(token)).toBe(fits)
    expect(measureMs(isAccessToken, token, 3)).toBeLessThan(25)
    expect(readReissuedHeader(defaultHeader, `Bearer ${token}`).kind).toBe(
      size <= 8192 ? 'token' : 'malformed'
    )
    if (!fits) continue
    expect(
      measureMs((value) => readReissuedHeader(defaultHeader, value), `Bearer ${token}`, 3)
    ).toBeLessThan(25)
    expect(
      measureMs(readClaims, `${token.slice(0, size / 2)}.${token.slice(size / 2)}`, 3)
    ).toBeLessThan(25)
  }
})

it.each(['"a"', '[', '{"a":', ' ', '<', '\ufeff'])(
  `reports a typed error for an answer that repeats %j up to ${largest / mebi} MiB`,
  async (unit) => {
    let text = ''
    const contract = readContract({ refresh: { idempotencyKey: 'never' } }, 'contract')
    const request = createTokenRequest(
      createPlatform({ fetch: async () => new Response(text), pageUrl: () => undefined }),
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
    for (const size of [1, kibi, 63 * kibi, 65 * kibi, mebi, largest]) {
      text = unit.repeat(Math.ceil(size / unit.length))
      const { signal } = new AbortController()
      const context = {
        idempotencyKey: 'a',
        signal,
        accessToken: undefined,
        refreshToken: undefined
      }
      expect(await request.refresh(context)).toMatchObject({
        kind: 'undecided',
        error: { code: 'ERR_AUTH_RESPONSE_MALFORMED' }
      })
    }
  }
)
