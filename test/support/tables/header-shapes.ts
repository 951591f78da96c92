// Shapes that the header of a re-issued token may come in; TOKEN stands for a good token, OTHER for another one.

export interface HeaderShape {
  readonly name: string
  readonly value: unknown
  /** What the reader makes of it. */
  readonly kind: 'token' | 'malformed' | 'absent'
}

/** The characters of a b64token (RFC 6750 §2.1), all of them, and padding. */
const everyCharacter = 'AZaz09-._~+/AZaz09=='

const shapes =
  (kind: HeaderShape['kind']) =>
  (rows: readonly (readonly [name: string, value: unknown])[]): HeaderShape[] =>
    rows.map(([name, value]) => ({ name, value, kind }))

export const headerShapes: readonly HeaderShape[] = [
  ...shapes('token')([
    ['as it should be', 'Bearer TOKEN'],
    ['a lower-case scheme', 'bearer TOKEN'],
    ['an upper-case scheme', 'BEARER TOKEN'],
    ['a scheme in any case', 'bEaReR TOKEN'],
    ['two blanks', 'Bearer  TOKEN'],
    ['twenty blanks', `Bearer${' '.repeat(20)}TOKEN`],
    ['every character there is', `Bearer ${everyCharacter}`],
    ['one character', 'Bearer a'],
    ['padding', 'Bearer TOKEN=='],
    ['64 KiB of blanks', `Bearer${' '.repeat(65_536)}TOKEN`],
    ['the longest there may be', `Bearer ${'a'.repeat(8192)}`]
  ]),
  ...shapes('absent')([
    ['no header', undefined],
    ['null', null],
    ['an empty header', '']
  ]),
  ...shapes('malformed')([
    ['a scheme alone', 'Bearer'],
    ['a scheme and a blank', 'Bearer '],
    ['no scheme', 'TOKEN'],
    ['a scheme behind', 'TOKEN Bearer'],
    ['another scheme', 'Basic TOKEN'],
    ['DPoP', 'DPoP TOKEN'],
    ['JWT for a scheme', 'JWT TOKEN'],
    ['Token for a scheme', 'Token TOKEN'],
    ['Digest', 'Digest username="ada", response="TOKEN"'],
    ['a longer scheme', 'Bearers TOKEN'],
    ['a shorter scheme', 'Beare TOKEN'],
    ['a scheme with another letter in it', 'Bеarer TOKEN'],
    ['full-width letters', 'Ｂearer TOKEN'],
    ['two schemes', 'Bearer Bearer TOKEN'],
    ['no blank', 'BearerTOKEN'],
    ['a colon', 'Bearer: TOKEN'],
    ['a colon without a blank', 'Bearer:TOKEN'],
    ['an equals sign', 'Bearer=TOKEN'],
    ['a tab', 'Bearer\tTOKEN'],
    ['a blank and a tab', 'Bearer \tTOKEN'],
    ['a no-break space', 'Bearer\u00a0TOKEN'],
    ['a zero-width space', '\u200bBearer TOKEN'],
    ['a byte order mark', '\ufeffBearer TOKEN'],
    ['blanks before', '  Bearer TOKEN'],
    ['blanks behind', 'Bearer TOKEN  '],
    ['a blank within', 'Bearer TOKEN OTHER'],
    ['two credentials', 'Bearer TOKEN, Bearer OTHER'],
    ['two credentials without a blank', 'Bearer TOKEN,Bearer OTHER'],
    ['the same credential twice', 'Bearer TOKEN, Bearer TOKEN'],
    ['three credentials', 'Bearer TOKEN, Bearer OTHER, Bearer TOKEN'],
    ['two schemes in a list', 'Basic YTpi, Bearer TOKEN'],
    ['a comma behind', 'Bearer TOKEN,'],
    ['a comma before', ', Bearer TOKEN'],
    ['a semicolon behind', 'Bearer TOKEN;'],
    ['a parameter behind', 'Bearer TOKEN; charset=utf-8'],
    ['double quotes', 'Bearer "TOKEN"'],
    ['single quotes', "Bearer 'TOKEN'"],
    ['angle brackets', 'Bearer <TOKEN>'],
    ['braces that nobody filled in', 'Bearer {{TOKEN}}'],
    ['a parameter', 'Bearer token=TOKEN'],
    ['a challenge', 'Bearer realm="api", error="invalid_token"'],
    ['JSON', '{"access_token":"TOKEN"}'],
    ['an object that was made text', 'Bearer [object Object]'],
    ['percent encoding', 'Bearer%20TOKEN'],
    ['percent encoding in the token', 'Bearer TOKEN%3D'],
    ['only padding', 'Bearer =='],
    ['padding before', 'Bearer =TOKEN'],
    ['padding within', 'Bearer TOKEN=TOKEN'],
    ['a letter that is not ASCII', 'Bearer TOKENé'],
    ['a letter beyond Latin-1', 'Bearer TOKEN🍓'],
    ['NUL', 'Bearer TOKEN\0'],
    ['DEL', 'Bearer TOKEN\x7f'],
    ['another control character', 'Bearer \x01TOKEN'],
    ['a line break behind', 'Bearer TOKEN\r\n'],
    ['a line feed within', 'Bearer TOKEN\nX-Evil: 1'],
    ['a carriage return within', 'Bearer TOKEN\rX-Evil: 1'],
    ['a line break and a header', 'Bearer TOKEN\r\nX-Evil: 1'],
    ['a folded line', 'Bearer\r\n TOKEN'],
    ['one character too many', `Bearer ${'a'.repeat(8193)}`],
    ['64 KiB', `Bearer ${'a'.repeat(65_536)}`],
    ['64 KiB of commas', `Bearer TOKEN${','.repeat(65_536)}`],
    ['a list of values', ['Bearer TOKEN']],
    ['a list of two values', ['Bearer TOKEN', 'Bearer OTHER']],
    ['a number', 42],
    ['a boolean', true],
    ['an object', { toString: () => 'Bearer TOKEN' }],
    ['a String object', Object('Bearer TOKEN')],
    ['a function', () => 'Bearer TOKEN'],
    ['a symbol', Symbol('Bearer TOKEN')]
  ])
]

/** What arrives of a value that is sent as it stands, where a parser of HTTP makes something else of it (RFC 9110 §5.5). */
export const onTheWire: Readonly<Record<string, HeaderShape['kind'] | 'no answer'>> = {
  'blanks before': 'token',
  'blanks behind': 'token',
  'a line break behind': 'token',
  'a line break and a header': 'token',
  'a line feed within': 'no answer',
  'a carriage return within': 'no answer',
  'a folded line': 'no answer',
  NUL: 'no answer',
  DEL: 'no answer',
  'another control character': 'no answer',
  '64 KiB': 'no answer',
  '64 KiB of blanks': 'no answer',
  '64 KiB of commas': 'no answer'
}
