// Body of a login: neither the result of login() nor the error of a rejected one holds a token.
import { type AuthContract, isAuthError, type TokenResponse } from 'everbearer'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const secret = 'secret-0123456789abcdef'
const other = 'other-0123456789abcdef'

interface Row {
  readonly contract?: AuthContract
  readonly body: unknown
  readonly headers?: [string, string][]
  /** The body that the app gets. */
  readonly shown: unknown
}

const rejects200 = { credentials: { status: 200, body: { ok: false } } } as const
const readTokens = ({ body }: { readonly body: unknown }): TokenResponse => ({
  access_token: String(Reflect.get(Object(body), 'jwt')),
  refresh_token: String(Reflect.get(Object(body), 'rt'))
})

const rows: readonly (readonly [title: string, row: Row])[] = [
  [
    'an object at the place',
    { body: { access_token: { value: secret }, ok: 1 }, shown: { ok: 1 } }
  ],
  ['an array at the place', { body: { access_token: [secret], ok: 1 }, shown: { ok: 1 } }],
  ['a number at the place', { body: { access_token: 123_456_789, ok: 1 }, shown: { ok: 1 } }],
  [
    'a usual name at another depth than the contract says',
    { body: { data: { access_token: secret, ok: 1 } }, shown: { data: { ok: 1 } } }
  ],
  [
    'a path that a function reads, in an answer that issues the token',
    {
      contract: { tokens: readTokens },
      body: { jwt: secret, rt: other, ok: 1 },
      shown: { ok: 1 }
    }
  ],
  [
    'a path that a function reads, in an answer that a rule rejects',
    {
      contract: { tokens: readTokens, refusals: rejects200 },
      body: { jwt: secret, rt: other, ok: false },
      shown: { ok: false }
    }
  ],
  [
    'any place, if the function of the contract fails',
    {
      contract: {
        tokens: () => {
          throw new Error('the answer has changed')
        }
      },
      body: { jwt: secret },
      shown: undefined
    }
  ],
  [
    'a percent-encoded copy',
    {
      body: { access_token: '1|secret-0123456789', next: '/?t=1%7csecret-0123456789', ok: 1 },
      shown: { ok: 1 }
    }
  ],
  [
    'the name of a member',
    { body: { access_token: secret, open: { [secret]: 1 }, ok: 1 }, shown: { open: {}, ok: 1 } }
  ],
  [
    'a copy without the scheme',
    { body: { access_token: `Bearer ${secret}`, copy: secret, ok: 1 }, shown: { ok: 1 } }
  ],
  [
    'a copy of eight characters within a text',
    { body: { access_token: 'short-tk', link: '/#short-tk', ok: 1 }, shown: { ok: 1 } }
  ],
  [
    'a copy of the token in a header',
    {
      contract: {
        tokens: { accessToken: { header: 'X-Token', scheme: '' } },
        refusals: rejects200
      },
      headers: [['X-Token', secret]],
      body: { copy: secret, ok: false },
      shown: { ok: false }
    }
  ],
  [
    'the body as a whole, if it is the token',
    {
      contract: {
        tokens: { accessToken: { body: 'text' } },
        refusals: { credentials: { status: 200, text: 'secret' } }
      },
      body: secret,
      shown: undefined
    }
  ]
]

it.each(rows)('the body that an app gets holds no token: %s', async (_title, row) => {
  const { auth, browser } = setUpClient({ contract: row.contract })
  const headers: [string, string][] = [['Content-Type', 'application/json'], ...(row.headers ?? [])]
  const response = { status: 200, headers, setCookies: [], body: JSON.stringify(row.body) }
  browser.intercept('/login', { kind: 'answer', response })
  const shown = await auth
    .login(ada)
    .catch((error: unknown) => (isAuthError(error) ? error.body : error))
  expect(shown).toEqual(row.shown)
})

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'
const asText = { accessToken: { body: 'text' } } as const
const inHeader = { accessToken: { header: 'X-Token', scheme: '' } } as const

it.each<[string, AuthContract, number, string, unknown]>([
  ['a message', {}, 401, 'Wrong password', 'Wrong password'],
  ['a message beside tokens in the text', { tokens: asText }, 422, 'No user', 'No user'],
  ['a JSON text beside tokens in the text', { tokens: asText }, 422, '"No user"', 'No user'],
  ['a page of 8 KiB', {}, 401, `<p>${'a'.repeat(8_189)}`, `<p>${'a'.repeat(8_189)}`],
  ['a longer page', {}, 401, `<p>${'a'.repeat(8_190)}`, undefined],
  ['a longer text', {}, 401, 'a'.repeat(9_000), 'a'.repeat(9_000)],
  ['an empty body', {}, 401, '', undefined],
  ['a form with a token', {}, 400, `error=no&access_token=${secret}`, undefined],
  ['XML with a token', {}, 401, `<refreshToken>${secret}</refreshToken>`, undefined],
  [
    'a form with the name of the contract',
    { tokens: { accessToken: 'data.jwt' } },
    400,
    `jwt=${secret}`,
    undefined
  ],
  ['a message about a token', {}, 400, 'access_token is missing', 'access_token is missing'],
  ['a JWT', {}, 403, `go to /x?t=${jwt}`, undefined],
  ['the token of a header', { tokens: inHeader }, 401, `see ${secret}`, undefined],
  [
    'a text that could be the token',
    { tokens: asText, refusals: { credentials: { status: 200, text: 'no' } } },
    200,
    `no${secret}`,
    undefined
  ],
  [
    'a text that a function reads',
    {
      tokens: () => {
        throw new Error('no')
      },
      refusals: { credentials: { status: 200, text: 'no' } }
    },
    200,
    `no${secret}`,
    undefined
  ],
  [
    'a text that a rule names',
    { refusals: { credentials: { status: 200, text: 'Bad' } } },
    200,
    'Bad credentials',
    'Bad credentials'
  ]
])(
  'the body of a rejected login that is not JSON: %s',
  async (_, contract, status, body, shown) => {
    const { auth, browser } = setUpClient({ contract })
    const headers: [string, string][] = [
      ['Content-Type', 'text/plain'],
      ['X-Token', secret]
    ]
    browser.intercept('/login', {
      kind: 'answer',
      response: { status, headers, setCookies: [], body }
    })
    const error: unknown = await auth.login(ada).catch((reason: unknown) => reason)
    if (!isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED')) throw error
    expect(error.body).toEqual(shown)
  }
)

it('an error about a text that is not a token response holds no body', async () => {
  const { auth, browser } = setUpClient()
  const response = { status: 200, headers: [], setCookies: [], body: secret }
  browser.intercept('/login', { kind: 'answer', response })
  const error = await auth.login(ada).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_AUTH_RESPONSE_MALFORMED', body: undefined })
})

it('the result of a function has neither the names of the contract nor the usual ones', async () => {
  const { auth } = setUpClient({
    contract: {
      tokens: { accessToken: 'jwt', refreshToken: 'rt' },
      user: { profile: ({ answer }) => ({ answer }) }
    }
  })
  const shown = await auth.login(async () => ({
    access_token: other,
    refresh_token: secret,
    ok: 1
  }))
  expect([shown, auth.getState().user]).toEqual([{ ok: 1 }, { answer: { ok: 1 } }])
})
