// Header shapes: values of the re-issue header. TOKEN stands for a valid token, and OTHER for
// another one.

export interface HeaderShape {
  readonly name: string
  readonly value: unknown
  /** How the reader classifies the value. */
  readonly kind: 'token' | 'malformed' | 'absent'
}

/** All kinds of characters of a b64token (RFC 6750 §2.1), and padding. */
const allCharacters = 'AZaz09-._~+/AZaz09=='

const shapes =
  (kind: HeaderShape['kind']) =>
  (rows: readonly (readonly [name: string, value: unknown])[]): HeaderShape[] =>
    rows.map(([name, value]) => ({ name, value, kind }))

export const headerShapes: readonly HeaderShape[] = [
  ...shapes('token')([
    ['one blank', 'Bearer TOKEN'],
    ['a lower-case scheme', 'bearer TOKEN'],
    ['an upper-case scheme', 'BEARER TOKEN'],
    ['a scheme in any case', 'bEaReR TOKEN'],
    ['two blanks', 'Bearer  TOKEN'],
    ['twenty blanks', `Bearer${' '.repeat(20)}TOKEN`],
    ['every allowed character', `Bearer ${allCharacters}`],
    ['one character', 'Bearer a'],
    ['padding', 'Bearer TOKEN=='],
    ['64 KiB of blanks', `Bearer${' '.repeat(65_536)}TOKEN`],
    ['the longest allowed token', `Bearer ${'a'.repeat(8192)}`]
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
    ['a scheme after the token', 'TOKEN Bearer'],
    ['another scheme', 'Basic TOKEN'],
    ['DPoP', 'DPoP TOKEN'],
    ['JWT for a scheme', 'JWT TOKEN'],
    ['Token for a scheme', 'Token TOKEN'],
    ['Digest', 'Digest username="ada", response="TOKEN"'],
    ['a longer scheme', 'Bearers TOKEN'],
    ['a shorter scheme', 'Beare TOKEN'],
    ['a scheme with a Cyrillic letter', 'Bеarer TOKEN'],
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
    ['blanks at the start', '  Bearer TOKEN'],
    ['blanks at the end', 'Bearer TOKEN  '],
    ['a blank in the token', 'Bearer TOKEN OTHER'],
    ['two credentials', 'Bearer TOKEN, Bearer OTHER'],
    ['two credentials without a blank', 'Bearer TOKEN,Bearer OTHER'],
    ['the same credential twice', 'Bearer TOKEN, Bearer TOKEN'],
    ['three credentials', 'Bearer TOKEN, Bearer OTHER, Bearer TOKEN'],
    ['two schemes in a list', 'Basic YTpi, Bearer TOKEN'],
    ['a comma at the end', 'Bearer TOKEN,'],
    ['a comma at the start', ', Bearer TOKEN'],
    ['a semicolon at the end', 'Bearer TOKEN;'],
    ['a parameter at the end', 'Bearer TOKEN; charset=utf-8'],
    ['double quotes', 'Bearer "TOKEN"'],
    ['single quotes', "Bearer 'TOKEN'"],
    ['angle brackets', 'Bearer <TOKEN>'],
    ['an unfilled placeholder', 'Bearer {{TOKEN}}'],
    ['a parameter', 'Bearer token=TOKEN'],
    ['a challenge', 'Bearer realm="api", error="invalid_token"'],
    ['JSON', '{"access_token":"TOKEN"}'],
    ['an object converted to text', 'Bearer [object Object]'],
    ['percent encoding', 'Bearer%20TOKEN'],
    ['percent encoding in the token', 'Bearer TOKEN%3D'],
    ['only padding', 'Bearer =='],
    ['padding at the start', 'Bearer =TOKEN'],
    ['padding in the token', 'Bearer TOKEN=TOKEN'],
    ['a letter that is not ASCII', 'Bearer TOKENé'],
    ['a character beyond Latin-1', 'Bearer TOKEN🍓'],
    ['NUL', 'Bearer TOKEN\0'],
    ['DEL', 'Bearer TOKEN\x7f'],
    ['another control character', 'Bearer \x01TOKEN'],
    ['a line break at the end', 'Bearer TOKEN\r\n'],
    ['a line feed in the value', 'Bearer TOKEN\nX-Evil: 1'],
    ['a carriage return in the value', 'Bearer TOKEN\rX-Evil: 1'],
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

/** How values arrive that an HTTP parser changes or rejects (RFC 9110 §5.5). */
export const onTheWire: Readonly<Record<string, HeaderShape['kind'] | 'no answer'>> = {
  'blanks at the start': 'token',
  'blanks at the end': 'token',
  'a line break at the end': 'token',
  'a line break and a header': 'token',
  'a line feed in the value': 'no answer',
  'a carriage return in the value': 'no answer',
  'a folded line': 'no answer',
  NUL: 'no answer',
  DEL: 'no answer',
  'another control character': 'no answer',
  '64 KiB': 'no answer',
  '64 KiB of blanks': 'no answer',
  '64 KiB of commas': 'no answer'
}
