// The format of a re-issued token: any header, any scheme, or no scheme (`contract.reissue`).
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { ada, forge, respond, setUpOrigins } from '../support/setups/trusted-and-foreign-origins.ts'
import { transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'

const origins = setUpOrigins()

type Kind = 'token' | 'malformed' | 'absent'

const values: Readonly<Record<string, readonly (readonly [value: string, kind: Kind])[]>> = {
  '': [
    ['TOKEN', 'token'],
    ['"TOKEN"', 'malformed'],
    ['TOKEN, TOKEN', 'malformed'],
    ['TOKEN,TOKEN', 'malformed'],
    ['TOKEN,', 'malformed'],
    ['TOKEN TOKEN', 'malformed'],
    ['Bearer TOKEN', 'malformed'],
    [' TOKEN', 'malformed'],
    ['TOKEN\n', 'malformed'],
    ['', 'absent']
  ],
  JWT: [
    ['JWT TOKEN', 'token'],
    ['jwt TOKEN', 'token'],
    ['jWt   TOKEN', 'token'],
    ['JWT "TOKEN"', 'malformed'],
    ['JWT TOKEN, JWT TOKEN', 'malformed'],
    ['JWTTOKEN', 'malformed'],
    ['JWT', 'malformed'],
    ['JWT ', 'malformed'],
    ['Bearer TOKEN', 'malformed'],
    ['TOKEN', 'malformed'],
    ['', 'absent']
  ],
  'a.b*': [
    ['A.B* TOKEN', 'token'],
    ['axb* TOKEN', 'malformed'],
    ['a.bb TOKEN', 'malformed']
  ]
}

const cells = Object.entries(values).flatMap(([scheme, rows]) =>
  rows.map(([value, kind]) => ({ scheme, value, kind }))
)

it.each(cells)(
  'classifies the value $value with the scheme "$scheme" as $kind',
  ({ scheme, value, kind }) => {
    const accessToken = forge()
    const read = readReissuedHeader(
      { header: 'X-New-Token', scheme },
      value.replaceAll('TOKEN', accessToken)
    )
    expect(read).toEqual(kind === 'token' ? { kind, accessToken } : { kind })
  }
)

interface Cell {
  readonly name: string
  readonly reissue: AuthContract['reissue']
  readonly header: string
  readonly value: (token: string) => string
  readonly isAdopted: boolean
}

// Row 16 of the public cases: servers spell the next token in these ways.
const live: readonly Cell[] = [
  {
    name: 'a bare token in X-New-Token',
    reissue: { header: 'X-New-Token' },
    header: 'x-new-token',
    value: (token) => token,
    isAdopted: true
  },
  {
    name: 'a Bearer token in X-New-Token',
    reissue: { header: 'X-New-Token', scheme: 'Bearer' },
    header: 'X-NEW-TOKEN',
    value: (token) => `bearer ${token}`,
    isAdopted: true
  },
  {
    name: 'a JWT scheme in Authorization',
    reissue: { scheme: 'JWT' },
    header: 'Authorization',
    value: (token) => `JWT ${token}`,
    isAdopted: true
  },
  {
    name: 'a bare token where a scheme is expected',
    reissue: { header: 'X-New-Token', scheme: 'Bearer' },
    header: 'X-New-Token',
    value: (token) => token,
    isAdopted: false
  },
  {
    name: 'a quoted token',
    reissue: { header: 'X-New-Token', scheme: '' },
    header: 'X-New-Token',
    value: (token) => `"${token}"`,
    isAdopted: false
  },
  {
    name: 'a token where the contract has no re-issue',
    reissue: false,
    header: 'Authorization',
    value: (token) => `Bearer ${token}`,
    isAdopted: false
  }
]

describe('a re-issued token', () => {
  it.each(pairs(live, transports))(
    'is adopted ($isAdopted) from $name, over $transport.name',
    async ({ reissue, header, value, isAdopted, transport }) => {
      const { auth, events } = origins.createClient({ contract: { reissue } })
      await auth.login(ada)
      const token = await auth.getAccessToken()
      const next = forge()
      origins.answer('/items', () => respond(200, { [header]: value(next) }))
      const answer = await transport.send(auth, { url: '/items' })
      expect(await auth.getAccessToken()).toBe(isAdopted ? next : token)
      // The app sees the header only if the client does not read it.
      expect(answer.header(header)).toBe(reissue === false ? value(next) : undefined)
      const expected = reissue === false ? [] : [isAdopted ? 'reissued' : 'reissue-refused']
      expect(events.slice(1).map(({ name }) => name)).toEqual(expected)
    }
  )
})
