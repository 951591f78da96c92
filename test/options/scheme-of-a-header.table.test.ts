// Scheme of a header: the client and the mock have the same default, by the name of the header.
import type { AuthContract, HeaderFormat } from 'everbearer'
import { describe, expect, it } from 'vitest'
import type { ResolvedContract } from '../../src/contract/resolved-contract.ts'
import { contractOptions } from '../../src/mock/options/contract.ts'
import { readContract } from '../../src/resolve-contract.ts'

type Resolved = Pick<ResolvedContract, 'login' | 'refresh' | 'logout' | 'attach' | 'reissue'>

const readers: readonly (readonly [string, (contract: AuthContract) => Resolved])[] = [
  ['the client', (contract) => readContract(contract, 'contract')],
  ['the mock', (contract) => contractOptions.contract('contract', contract)]
]

const byToken = { credential: 'refresh-token' } as const

const places: readonly (readonly [
  string,
  (format: HeaderFormat) => AuthContract,
  (contract: Resolved) => unknown
])[] = [
  ['attach', (attach) => ({ attach }), ({ attach }) => attach],
  ['reissue', (reissue) => ({ reissue }), ({ reissue }) => reissue],
  [
    'refresh.refreshToken',
    (refreshToken) => ({ refresh: { ...byToken, refreshToken } }),
    ({ refresh }) => Object(refresh).refreshToken
  ],
  [
    'logout.refreshToken',
    (refreshToken) => ({ refresh: byToken, logout: { accessToken: false, refreshToken } }),
    ({ logout }) => Object(logout).refreshToken
  ],
  [
    'tokens.accessToken',
    (accessToken) => ({ tokens: { accessToken } }),
    ({ login }) => Object(login).tokens.accessToken
  ],
  [
    'refresh.tokens.refreshToken',
    (refreshToken) => ({ refresh: { ...byToken, tokens: { refreshToken } } }),
    ({ refresh }) => Object(refresh).tokens.refreshToken
  ]
]

describe.each(readers)('%s', (_, read) => {
  it.each(places)('expects a scheme in %s only if the header is Authorization', (_name, at, of) => {
    const schemeOf = (format: HeaderFormat) => Object(of(read(at(format)))).scheme
    expect(schemeOf({ header: 'X-Auth-Token' })).toBe('')
    expect(schemeOf({ header: 'X-Auth-Token', scheme: 'Bearer' })).toBe('Bearer')
    expect(schemeOf({ header: 'authorization' })).toBe('Bearer')
    expect(schemeOf({ header: 'Authorization', scheme: '' })).toBe('')
    expect(schemeOf({})).toBe('Bearer')
    expect(schemeOf({ scheme: 'Token' })).toBe('Token')
  })
})
