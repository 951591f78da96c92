// WWW-Authenticate parser: the grammar of RFC 9110 §11.6.1, in linear time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../src/lib/challenges.ts'

type Expected = readonly (readonly [string, Readonly<Record<string, string>>])[]

function parse(header: unknown): Expected {
  return parseChallenges(header).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters)
  ])
}

const wellFormed: readonly [string, Expected][] = [
  ['Bearer', [['bearer', {}]]],
  // `error=` without a value is a complete credential (token68), not half a parameter.
  ['Bearer error=', [['bearer', {}]]],
  ['bearer ', [['bearer', {}]]],
  ['Bearer error="invalid_token"', [['bearer', { error: 'invalid_token' }]]],
  ['Bearer error=invalid_token', [['bearer', { error: 'invalid_token' }]]],
  ['Bearer ERROR = "invalid_token"', [['bearer', { error: 'invalid_token' }]]],
  [
    'Bearer realm="example", error="insufficient_scope", scope="read write"',
    [['bearer', { realm: 'example', error: 'insufficient_scope', scope: 'read write' }]]
  ],
  [
    'Bearer error_description="a \\"quoted\\", b=c \\\\"',
    [['bearer', { error_description: 'a "quoted", b=c \\' }]]
  ],
  ['Bearer realm=""', [['bearer', { realm: '' }]]],
  ['Bearer realm="caf\xe9\t!"', [['bearer', { realm: 'caf\xe9\t!' }]]],
  // RFC 9110 §11.6.1, its own example.
  [
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
    [
      ['basic', { realm: 'simple' }],
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }]
    ]
  ],
  [
    'Negotiate, Bearer',
    [
      ['negotiate', {}],
      ['bearer', {}]
    ]
  ],
  [
    'Negotiate YWJj==, Bearer error="x"',
    [
      ['negotiate', {}],
      ['bearer', { error: 'x' }]
    ]
  ],
  [
    'Bearer a=1, Bearer a=2',
    [
      ['bearer', { a: '1' }],
      ['bearer', { a: '2' }]
    ]
  ],
  [
    ' , Bearer ,, , Basic\t, ',
    [
      ['bearer', {}],
      ['basic', {}]
    ]
  ],
  ['Bearer ,error="x"', [['bearer', { error: 'x' }]]],
  [
    'Bearer __proto__="x", constructor="y"',
    [
      [
        'bearer',
        Object.fromEntries([
          ['__proto__', 'x'],
          ['constructor', 'y']
        ])
      ]
    ]
  ]
]

const malformed: readonly unknown[] = [
  undefined,
  null,
  42,
  {},
  '',
  ',',
  'error="x"',
  '"Bearer"',
  'Bearer error="x',
  'Bearer error="x\\"',
  'Bearer error="x" scope="y"',
  'Bearer error="x"y',
  'Bearer error=, scope=x',
  'Bearer error="a", error="b"',
  'Bearer error="a", ERROR="b"',
  'Bearer x y',
  'Bearer x=y=z',
  'Bearer abc, a=b',
  'Bearer\trealm="a"',
  'Bearer; error="x"',
  'Bearer error=“x”',
  'Bearer error="x\n"',
  'Bearer error="\u0100"',
  'Bearer error="x", ünïcode',
  `Bearer error="${'x'.repeat(8192)}"`
]

it.each(wellFormed)('parses the challenge %j', (header, expected) => {
  expect(parse(header)).toEqual(expected)
})

it.each(malformed.map((header) => [header]))('ignores the malformed challenge %j', (header) => {
  expect(parse(header)).toEqual([])
})

it('parses challenge headers that a proxy joined like separate headers', () => {
  const parts = fc.constantFrom(...wellFormed.map(([header]) => header))
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 5 }), (headers) => {
      expect(parse(headers.join(', '))).toEqual(headers.flatMap(parse))
    })
  )
})

it('parses any text as WWW-Authenticate without throwing', () => {
  const pieces = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'error', 'a', '\t', 'é', '==')
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join(''))
  )
  fc.assert(
    fc.property(text, (header) => {
      for (const [scheme] of parse(header)) expect(scheme).toMatch(/^[!#$%&'*+\-.^_`|~\w]+$/)
    }),
    { numRuns: 2_000 }
  )
})

describe('a challenge parser', () => {
  const shapes: readonly [string, (size: number) => string][] = [
    ['a long word', (size) => `Bearer ${'a'.repeat(size)}"`],
    ['an open string', (size) => `Bearer a="${'x'.repeat(size)}`],
    ['backslashes', (size) => `Bearer a="${'\\'.repeat(size)}`],
    ['blanks', (size) => `Bearer${' '.repeat(size)}!`],
    ['blanks before an equals sign', (size) => `Bearer a${' '.repeat(size)}!`],
    ['commas', (size) => `${','.repeat(size)}"`],
    ['equals signs', (size) => `Bearer a${'='.repeat(size)}!`],
    [
      'many parameters',
      (size) => `Bearer ${Array.from({ length: size / 8 }, (_, n) => `a${n}=b`)}`
    ],
    ['many schemes', (size) => `${'Bearer,'.repeat(size / 7)}"`]
  ]

  it.each(shapes)('takes linear time for %s', (_, shape) => {
    const smallMs = fastestMs(() => parseChallenges(shape(2_000)))
    const largeMs = fastestMs(() => parseChallenges(shape(8_000)))
    expect(largeMs).toBeLessThan(Math.max(smallMs, 0.05) * 4 * 2.5)
  })
})

function fastestMs(work: () => void): number {
  const times = Array.from({ length: 40 }, () => {
    const before = performance.now()
    work()
    return performance.now() - before
  })
  return Math.min(...times)
}
