// Ways to spell a URL, each with where it leads for a client of https://api.app.example: to that origin, elsewhere, or nowhere.

/** `nowhere`: it does not resolve, or the transport refuses to send it. */
export type Destination = 'own' | 'elsewhere' | 'nowhere'

export interface Spelling {
  readonly url: string
  /** In Node, where there is no page to resolve against. */
  readonly inNode: Destination
  /** In a page of https://app.example; mixed content is not sent. */
  readonly inPage: Destination
}

const everywhere =
  (destination: Destination) =>
  (url: string): Spelling => ({ url, inNode: destination, inPage: destination })
const inPageOnly =
  (inPage: Destination) =>
  (url: string): Spelling => ({ url, inNode: 'nowhere', inPage })
const inNodeOnly =
  (inNode: Destination) =>
  (url: string): Spelling => ({ url, inNode, inPage: 'nowhere' })

export const spellings: readonly Spelling[] = [
  // The own origin, however it is written.
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
  ].map(everywhere('own')),
  inPageOnly('own')('//api.app.example/me'),

  // Meant to break out of the base, and paths all the same, since axios joins them to it.
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
  ].map(everywhere('own')),

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
  ].map(everywhere('elsewhere')),
  // Chromium takes the blank in a host for a part of its name.
  ...['//evil.example/me', '///evil.example/me', 'https://a b/me'].map(inPageOnly('elsewhere')),
  ...['http://api.app.example/me', 'http://api.app.example:443/me'].map(inNodeOnly('elsewhere')),

  // Not to be sent at all.
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
  ].map(everywhere('nowhere'))
]
