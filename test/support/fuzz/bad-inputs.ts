// Malformed inputs: generates tokens, headers, bodies and answers. Most of them are almost valid.
import fc from 'fast-check'

/** JSON values as text, including numbers that `JSON.stringify` never writes. */
const oddValues = fc.constantFrom(
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '0',
  '1',
  '-1',
  '1.5',
  '"5"',
  '"300"',
  '"1e3"',
  '300',
  '1767225600',
  '1767225600000',
  '9007199254740993',
  '1e15',
  '1e308',
  'null',
  'true',
  '""',
  '"Bearer"',
  '"user-1"',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '[[]]',
  '{}',
  '{"__proto__":{"exp":1}}'
)

const claimNames = fc.constantFrom(
  'sub',
  'sid',
  'iat',
  'exp',
  'kid',
  'alg',
  '__proto__',
  'toString'
)
const answerNames = fc.constantFrom(
  'access_token',
  'accessToken',
  'token_type',
  'tokenType',
  'expires_in',
  'expiresIn',
  'refresh_token',
  'refreshToken',
  'error',
  'error_description',
  '__proto__',
  'constructor'
)

const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 48 }),
  fc.string({ unit: 'grapheme', maxLength: 24 }),
  fc.string({ maxLength: 48 })
)
const tokenCharacters = fc.constantFrom(...'ABCXYZabcxyz0123456789-._~+/'.split(''))
const b64token = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: tokenCharacters, minLength: 1, maxLength: 64 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 8_100, max: 8_300 }).map((length) => 'a'.repeat(length))
  }
)

/** A JSON object as text. A name may occur twice. */
function members(names: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(names, values), { maxLength: 8 })
    .map((pairs) => `{${pairs.map(([name, value]) => `"${name}":${value}`).join(',')}}`)
}

const nested = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"__proto__":'), fc.integer({ min: 1, max: 600 }))
  .map(([open, depth]) => {
    const close = open === '[' ? ']' : '}'
    return open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth)
  })

const claims = fc.oneof(
  { weight: 8, arbitrary: members(claimNames, fc.oneof(oddValues, fc.json({ maxDepth: 2 }))) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 1, arbitrary: wild },
  { weight: 1, arbitrary: nested }
)

const encodings: readonly ((bytes: Buffer) => string)[] = [
  (bytes) => bytes.toString('base64url'),
  (bytes) => bytes.toString('base64'),
  (bytes) => `${bytes.toString('base64url')}=`,
  (bytes) => bytes.toString('base64url').slice(1),
  (bytes) => bytes.toString('latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le').toString('base64url'),
  (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]).toString('base64url')
]
const part = fc
  .tuple(
    claims,
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) })
  )
  .map(([text, encoding]) => (encodings[encoding] ?? String)(Buffer.from(text)))

const jwt = fc.tuple(part, part, b64token).map((parts) => parts.join('.'))

/** A JWT with a character changed, added or removed. */
const mutated = fc
  .tuple(jwt, fc.nat(), fc.constantFrom('', '.', '=', ' ', '\r\n', '\0', 'é', '"', ','), fc.nat(2))
  .map(([text, where, by, length]) => {
    const at = where % (text.length + 1)
    return text.slice(0, at) + by + text.slice(at + length)
  })

export const tokens: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: jwt },
  { weight: 3, arbitrary: mutated },
  { weight: 1, arbitrary: b64token },
  { weight: 1, arbitrary: wild },
  { weight: 1, arbitrary: fc.array(part, { maxLength: 7 }).map((parts) => parts.join('.')) }
)

const schemes = fc.constantFrom(
  'Bearer ',
  'Bearer ',
  'bearer ',
  'BEARER  ',
  'Bearer',
  'Bearer\t',
  'Basic ',
  'DPoP ',
  ' Bearer ',
  'Bearer Bearer ',
  'Basic YTpi, Bearer ',
  ''
)
const tails = fc.constantFrom('', '', '', ' ', ',', ', Bearer a', '; a=b', '\r\n', '\0', '=')

export const headers: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(schemes, tokens, tails).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: wild },
  { weight: 1, arbitrary: fc.anything() }
)

const quotedTokens = tokens.map((token) => JSON.stringify(token))
const answerTexts = members(
  answerNames,
  fc.oneof(
    oddValues,
    quotedTokens,
    b64token.map((token) => JSON.stringify(token))
  )
)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A valid answer with one more member, which may replace a valid one. */
const nearlyGoodTexts = fc
  .tuple(fc.oneof(jwt, b64token), answerNames, fc.oneof(oddValues, quotedTokens))
  .map(([token, name, value]) => `{"access_token":"${token}","expires_in":300,"${name}":${value}}`)

/** Parsed bodies of a refresh endpoint. */
export const bodies: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: answerTexts.map(parse) },
  { weight: 4, arbitrary: nearlyGoodTexts.map(parse) },
  { weight: 1, arbitrary: nested.map(parse) },
  { weight: 1, arbitrary: fc.anything({ withNullPrototype: true, withMap: true, withDate: true }) }
)

export const retryAfters: fc.Arbitrary<string | null> = fc.oneof(
  fc.constant(null),
  fc.constantFrom(
    '1e9',
    '-1',
    '+1',
    '0x10',
    'Infinity',
    'NaN',
    '1, 2',
    '',
    ' 7 ',
    '999999999999999'
  ),
  fc.integer({ min: -10, max: 1e9 }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
  fc.integer({ min: 14, max: 400 }).map((length) => '9'.repeat(length)),
  fc.date({ noInvalidDate: false }).map((date) => date.toUTCString()),
  fc.string({ unit: fc.constantFrom(...'0123456789 ,:GMTanJ'.split('')), maxLength: 32 }),
  wild
)

const challengeWords = fc.constantFrom(
  'Bearer',
  'bearer',
  'Basic',
  'DPoP',
  'error',
  'scope',
  'realm',
  'insufficient_scope',
  'invalid_token',
  'YTpi',
  'YTpi==',
  '__proto__'
)
const challengeMarks = fc.constantFrom(
  ' ',
  ' ',
  '=',
  '="',
  '"',
  ', ',
  ',',
  '\\',
  '\t',
  ';',
  '\r\n',
  '\0'
)
const quotedTexts = fc.oneof(fc.string({ maxLength: 12 }), wild).map((text) => JSON.stringify(text))
const parameters = fc
  .tuple(challengeWords, fc.constantFrom('=', ' = ', '=='), fc.oneof(challengeWords, quotedTexts))
  .map((parts) => parts.join(''))
const challenge = fc
  .tuple(challengeWords, fc.array(parameters, { maxLength: 4 }))
  .map(([scheme, list]) => `${scheme} ${list.join(', ')}`.trim())

/** Values of `WWW-Authenticate`. Most of them are almost valid. */
export const challenges: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.array(challenge, { maxLength: 4 }).map((list) => list.join(', ')) },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.oneof(challengeWords, challengeMarks, quotedTexts), { maxLength: 16 })
      .map((parts) => parts.join(''))
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(challengeMarks, fc.integer({ min: 1, max: 9_000 }))
      .map(([mark, count]) => `Bearer a="${mark.repeat(count)}`)
  },
  { weight: 1, arbitrary: fc.oneof(wild, fc.anything()) }
)

export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string
}

const statuses = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(200, 201, 400, 401, 403, 429, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) }
)
const headerText = (values: fc.Arbitrary<string | null>) =>
  values.map((value) => (value ?? '').replace(/[^\x20-\x7e\xa0-\xff]/g, ''))
const contentTypes = fc.constantFrom(
  '',
  'application/json',
  'text/html',
  'TEXT/HTML; x',
  'text/plain'
)

/** Answers of an auth endpoint, with status and headers. */
export const answers: fc.Arbitrary<RawAnswer> = fc.record({
  status: statuses,
  headers: fc
    .tuple(
      fc.tuple(fc.constant('Retry-After'), headerText(retryAfters)),
      fc.tuple(fc.constant('Date'), headerText(retryAfters)),
      fc.tuple(fc.constant('Content-Type'), contentTypes)
    )
    .chain((all) => fc.subarray(all)),
  text: fc.oneof(
    { weight: 3, arbitrary: answerTexts },
    { weight: 3, arbitrary: nearlyGoodTexts },
    { weight: 1, arbitrary: mutated },
    { weight: 1, arbitrary: wild },
    { weight: 1, arbitrary: nested },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '<html>', '\ufeff{}', 'null', '[]', '"x"', '{"access_token":')
    }
  )
})
