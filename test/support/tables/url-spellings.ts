// URL spellings: each with its destination for a client of https://api.app.example.

/** `nowhere`: the URL does not resolve, or the transport refuses to send it. */
export type Destination = 'own' | 'elsewhere' | 'nowhere'

export interface Spelling {
  readonly url: string
  /** In Node, without a page to resolve against. */
  readonly inNode: Destination
  /** In a page of https://app.example, which blocks mixed content. */
  readonly inPage: Destination
}

const inBoth =
  (destination: Destination) =>
  (url: string): Spelling => ({ url, inNode: destination, inPage: destination })
const inPageOnly =
  (inPage: Destination) =>
  (url: string): Spelling => ({ url, inNode: 'nowhere', inPage })
const inNodeOnly =
  (inNode: Destination) =>
  (url: string): Spelling => ({ url, inNode, inPage: 'nowhere' })

export const spellings: readonly Spelling[] = [
  // The API's own origin.
  ...[
    '',
    '/me',
    'me',
    '?page=2',
    '/items?next=https://evil.example/',
    '/items#@evil.example',
    'https://api.app.example/me',
    'HTTPS://API.APP.EXAMPLE/me',
    'https://api.app.example:443/me',
    'https://api.app.example:0443/me',
    'https://api.app.example/a/../me',
    'https://api.app.example/%2e%2e/me',
    'https://api.app.example?page=2',
    'https://api.app.example#part',
    'https://api。app。example/me',
    'https://ａｐｉ.app.example/me',
    'https://api\u00ad.app.example/me',
    'https://%61pi.app.example/me',
    'https://api.app.example\\@evil.example/me'
  ].map(inBoth('own')),
  inPageOnly('own')('//api.app.example/me'),

  // Attempts to leave the base URL. axios joins them to it, so they are paths.
  ...[
    '\\\\evil.example\\me',
    '/\\evil.example/me',
    '/\t/evil.example/me',
    '\t//evil.example/me',
    ' https://evil.example/me',
    'ht\ntps://evil.example/me',
    '\u0000https://evil.example/me',
    '@evil.example/me',
    ':@evil.example/me',
    '.evil.example/me',
    ':8443/me',
    'blob:https://api.app.example/me',
    'data:application/json,{}',
    'javascript:1'
  ].map(inBoth('own')),

  // Another origin.
  ...[
    'https://evil.example/me',
    'HTTPS://EVIL.EXAMPLE/me',
    'https:///evil.example/me',
    'https:////evil.example/me',
    'https://\\evil.example/me',
    'https://evil.example/https://api.app.example/me',
    'https://evil.example?https://api.app.example/me',
    'https://evil.example#@api.app.example/me',
    'https://evil.example\\@api.app.example/me',
    'https://api.app.example@evil.example/me',
    'https://api.app.example:443@evil.example/me',
    'https://api.app.example%2eevil.example/me',
    'https://api.app.example.evil.example/me',
    'https://evilapi.app.example/me',
    'https://x.api.app.example/me',
    'https://app.example/me',
    'https://api.app.example./me',
    'https://api.app.example:8443/me',
    'https://api.app.example:80/me',
    'https://аpi.app.example/me',
    'https://127.0.0.1/me',
    'https://0x7f.1/me',
    'https://2130706433/me',
    'https://[::1]/me',
    'http://localhost/me'
  ].map(inBoth('elsewhere')),
  // Chromium accepts a blank in a host name.
  ...['//evil.example/me', '///evil.example/me', 'https://a b/me'].map(inPageOnly('elsewhere')),
  ...['http://api.app.example/me', 'http://api.app.example:443/me'].map(inNodeOnly('elsewhere')),

  // Never sent.
  ...[
    'https:evil.example/me',
    'https:/evil.example/me',
    'https:\\\\evil.example\\me',
    'https://api.app.example%40evil.example/me',
    'https://api.app.example:99999/me',
    'https://',
    'https://[',
    'ws://api.app.example/me',
    'wss://api.app.example/me',
    'ftp://api.app.example/me',
    'file:///me'
  ].map(inBoth('nowhere'))
]
