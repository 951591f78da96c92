// Random contracts: the client and the mock understand each other, and a difference is noticed.

import type { AuthContract } from 'everbearer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sample } from '../support/tier.ts'
import { playContract } from './play-contract.ts'
import { contracts } from './random-contracts.ts'

const numRuns = Number(process.env.CONTRACTS ?? sample({ test: 200, matrix: 10_000 }))
const seed = process.env.SEED === undefined ? 20_261_130 : Number(process.env.SEED)

it(`client and mock complete a session over ${numRuns} random contracts (seed ${seed})`, {
  timeout: 3_600_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(contracts, async (contract) => {
      const wrong = await playContract(contract)
      expect(wrong, wrong.join('; ')).toEqual([])
    }),
    { numRuns, seed }
  )
})

/** Each differs from the default contract in one field. */
const differences: readonly (readonly [field: string, contract: AuthContract])[] = [
  ['the path of login', { login: '/elsewhere' }],
  ['the method of refresh', { refresh: { method: 'DELETE' } }],
  ['a constant field of login', { login: { fields: { tenant: 'a' } } }],
  ['a constant header of refresh', { refresh: { headers: { 'X-Tenant': 'a' } } }],
  ['the body format of login', { login: { body: 'form' } }],
  ['the name of the password', { login: { credentials: { password: 'secret' } } }],
  ['the refresh credential', { refresh: { credential: 'refresh-token' } }],
  ['the CSRF header of refresh', { refresh: { csrf: { cookie: 'csrf', header: 'X-CSRF' } } }],
  ['the place of the access token', { tokens: { accessToken: 'data.token' } }],
  ['the unit of the lifetime', { tokens: { expiresIn: { unit: 'ms' } } }],
  ['the header of requests', { attach: { header: 'X-Other', scheme: '' } }],
  ['the header of re-issued tokens', { reissue: { header: 'X-Other', scheme: '' } }],
  ['the refusal of access tokens', { refusals: { accessToken: 499 } }],
  ['the refusal of sessions', { refusals: { session: 499 } }],
  ['the rejection of credentials', { refusals: { credentials: { status: 201, body: { no: 1 } } } }],
  ['the confirmation of a sign-out', { logout: { confirmedBy: 409 } }]
]

it.each(differences)('the play fails if only the mock changes %s', async (_field, changed) => {
  expect(await playContract({}, changed)).not.toEqual([])
})

/** If only the client has these, the server ignores them, or the client corrects itself. */
const harmless = [
  'the unit of the lifetime',
  'a constant field of login',
  'a constant header of refresh',
  'the CSRF header of refresh'
]
const clientDifferences = differences.filter(([field]) => !harmless.includes(field))

it.each(clientDifferences)(
  'the play fails if only the client changes %s',
  async (_field, changed) => {
    expect(await playContract(changed, {})).not.toEqual([])
  }
)
