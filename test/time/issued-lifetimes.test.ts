// Issued lifetimes: the forms in which servers state how long a token lives.
import type { LifetimePlace } from 'everbearer'
import { expect, it } from 'vitest'
import { nowMs, refreshContext, setUpBackend } from '../support/setups/scripted-backend.ts'

type Unit = NonNullable<Extract<LifetimePlace, { readonly unit?: unknown }>['unit']>

const inTenMinutes = new Date(nowMs + 600_000)
const iso = inTenMinutes.toISOString()

async function read(expires: unknown, unit: Unit, headers = {}) {
  const { tokenRequest, answer, warnings } = setUpBackend({
    tokens: { expiresIn: { at: 'expires', unit } }
  })
  answer('/refresh', { body: { access_token: 'a', expires }, headers })
  const answered = await tokenRequest.refresh(refreshContext())
  if (answered.kind !== 'issued') throw new Error(`The token was not issued: ${answered.kind}`)
  await Promise.resolve()
  return { seconds: answered.token.expiresInSeconds, warnings }
}

it.each<[unknown, Unit, number]>([
  [600, 's', 600],
  [600.5, 's', 600.5],
  ['600', 's', 600],
  [' 600 ', 's', 600],
  [600_000, 'ms', 600],
  ['600000', 'ms', 600],
  [600, 'duration', 600],
  [600, 'date', 600],
  [30 * 86_400_000, 'ms', 30 * 86_400],
  ['15m', 'duration', 900],
  ['15m', 's', 900],
  ['1h', 'ms', 3600],
  ['3600s', 's', 3600],
  ['500ms', 's', 0.5],
  ['2 days', 's', 172_800],
  ['1.5 hours', 'duration', 5400],
  ['1W', 'duration', 604_800],
  ['1y', 'duration', 31_557_600],
  [iso, 'date', 600],
  [iso, 's', 600],
  [iso.replace('.000Z', 'Z'), 'date', 600],
  [iso.replace('.000Z', '+00:00'), 'date', 600],
  [iso.replace('.000Z', '+0000'), 'date', 600],
  [iso.replace('.000Z', '.000000Z'), 'date', 600],
  [iso.replace('.000Z', ''), 'date', 600],
  [iso.replace('T', ' ').replace('.000Z', ''), 'date', 600],
  ['2026-01-02', 'date', 86_400],
  [inTenMinutes.toUTCString(), 's', 600],
  [nowMs / 1000 + 600, 's', 600],
  [String(nowMs / 1000 + 600), 'date', 600],
  [nowMs + 600_000, 's', 600],
  [nowMs + 600_000, 'ms', 600]
])('reads %j with the unit %s as %d seconds', async (expires, unit, seconds) => {
  const read_ = await read(expires, unit)
  expect(read_.seconds).toBeCloseTo(seconds, 6)
  expect(read_.warnings).toEqual([])
})

it('measures a date by the clock of the server if the answer shows it', async () => {
  const headers = { Date: new Date(nowMs + 300_000).toUTCString() }
  expect((await read(iso, 'date', headers)).seconds).toBe(300)
  expect((await read(nowMs / 1000 + 600, 's', headers)).seconds).toBe(300)
  expect((await read(600, 's', headers)).seconds).toBe(600)
})

it.each([undefined, null])('reads %j as no lifetime, without a notice', async (expires) => {
  expect(await read(expires, 's')).toEqual({ seconds: undefined, warnings: [] })
})

it.each([
  0,
  -60,
  '0',
  '-60',
  '',
  'soon',
  '5 months',
  '15m later',
  '1e3',
  '2026-13-45',
  'Thu, 99 Foo 2026 00:00:00 GMT',
  '2025-12-31T23:59:59Z',
  nowMs / 1000 - 1,
  true,
  {},
  [600],
  `${' '.repeat(70)}600`
])('takes the token and ignores the lifetime %j, with one notice', async (expires) => {
  const { seconds, warnings } = await read(expires, 's')
  expect(seconds).toBe(undefined)
  expect(warnings).toEqual([expect.stringContaining('contract.tokens.expiresIn')])
})

it.each<[LifetimePlace, string, number | undefined]>([
  [{ header: 'X-Expires-In' }, '600', 600],
  [{ header: 'x-expires-in', unit: 'ms' }, '600000', 600],
  [{ header: 'X-Expires-In', unit: 'duration' }, '10m', 600],
  [{ header: 'X-Expires-In' }, String(nowMs / 1000 + 600), 600],
  [{ header: 'X-Expires-In', unit: 'date' }, iso, 600],
  [{ header: 'X-Expires-In', unit: 'date' }, inTenMinutes.toUTCString(), 600],
  [{ header: 'X-Other' }, '600', undefined]
])('reads %j from a header that holds %j as %s seconds', async (expiresIn, value, seconds) => {
  const { tokenRequest, answer, warnings } = setUpBackend({ tokens: { expiresIn } })
  const body = { access_token: 'a', expires_in: 60 }
  answer('/refresh', { body, headers: { 'X-Expires-In': value } })
  const answered = await tokenRequest.refresh(refreshContext())
  expect(answered).toMatchObject({ kind: 'issued', token: { expiresInSeconds: seconds } })
  await Promise.resolve()
  expect(warnings).toEqual([])
})

it('ignores a header with an unreadable lifetime, with one notice', async () => {
  const tokens = { expiresIn: { header: 'X-Expires-In' } }
  const { tokenRequest, answer, warnings } = setUpBackend({ tokens })
  answer('/refresh', { body: { access_token: 'a' }, headers: { 'X-Expires-In': 'soon' } })
  const answered = await tokenRequest.refresh(refreshContext())
  expect(answered).toMatchObject({ token: { expiresInSeconds: undefined } })
  await Promise.resolve()
  expect(warnings).toEqual([expect.stringContaining('contract.tokens.expiresIn')])
})

it.each<[LifetimePlace, number]>([
  [{ unit: 'ms' }, 300],
  ['ttl', 60],
  [{ at: 'ttl' }, 60],
  [{ header: 'X-Other' }, 20]
])(
  'reads the lifetime of one endpoint by %j instead of the shared header',
  async (own, seconds) => {
    const { tokenRequest, answer } = setUpBackend({
      tokens: { expiresIn: { header: 'X-Expires-In' } },
      refresh: { tokens: { expiresIn: own } }
    })
    answer('/refresh', {
      body: { access_token: 'a', ttl: 60 },
      headers: { 'X-Expires-In': '300000', 'X-Other': '20' }
    })
    const answered = await tokenRequest.refresh(refreshContext())
    expect(answered).toMatchObject({ token: { expiresInSeconds: seconds } })
  }
)

it('reads the usual names of a function result if the contract has a header', async () => {
  const { tokenRequest } = setUpBackend({
    tokens: { expiresIn: { header: 'X-Expires-In', unit: 'ms' } },
    refresh: async () => ({ access_token: 'a', expires_in: 60 })
  })
  const answered = await tokenRequest.refresh(refreshContext())
  expect(answered).toMatchObject({ token: { expiresInSeconds: 60 } })
})

it('reads no lifetime with expiresIn: false', async () => {
  const { tokenRequest, answer } = setUpBackend({ tokens: { expiresIn: false } })
  answer('/refresh', { body: { access_token: 'a', expires_in: 60 } })
  expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
    token: { expiresInSeconds: undefined }
  })
})
