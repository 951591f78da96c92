// Forged messages: any script of the origin can post to the channel, and an old tab may run another
// version.
import { expect, it } from 'vitest'
import { readMessage } from '../../src/tabs/messages.ts'
import { emptyRecord, parseRecord, writeRecord } from '../../src/tabs/record-value.ts'
import { sendForgedMessages } from '../support/setups/forged-tab-messages.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

const ended = { id: 'abcd', counter: 1_000, reason: 'idle', isConfirmed: false } as const
const value = { ...emptyRecord, counter: 1_000, sessionId: 'abcd' }
const record = writeRecord(value)
const token = {
  reason: 'refreshed',
  accessToken: 'a.b.c',
  refreshTokenAgeMs: 0,
  ageMs: 0,
  sentAtMs: 0
}
const good = { version: 4, type: 'record', record, token }
const withRecord = (changes: object) => ({
  ...good,
  record: JSON.stringify({ ...value, ...changes })
})

it('reads a tab message of the current version', () => {
  expect(readMessage(good)).toMatchObject({
    type: 'record',
    record: { counter: 1_000, sessionId: 'abcd' },
    token: { reason: 'refreshed', accessToken: 'a.b.c' }
  })
  expect(readMessage({ ...good, type: 'ask', token: undefined })).toMatchObject({ type: 'ask' })
  expect(readMessage(withRecord({ ended: [ended] }))).toMatchObject({ record: { ended: [ended] } })
  expect(readMessage({ ...good, token: undefined })).toMatchObject({ token: undefined })
})

it.each([
  ['an undefined value', undefined],
  ['a string', 'ask'],
  ['another version', { ...good, version: 3 }],
  ['no version', { ...good, version: undefined }],
  ['an unknown type', { ...good, type: 'steal' }],
  ['an unknown reason for a token', { ...good, token: { ...token, reason: 'stolen' } }],
  ['an unknown reason for an end', withRecord({ ended: [{ ...ended, reason: 'because' }] })],
  ['no record', { ...good, record: undefined }],
  ['a record that is not a text', { ...good, record: value }],
  ['a record that is not JSON', { ...good, record: '{' }],
  ['a huge record', withRecord({ more: 'a'.repeat(20_000) })],
  ['a counter that is a string', withRecord({ counter: '7' })],
  ['a negative counter', withRecord({ counter: -1 })],
  ['an infinite counter', withRecord({ counter: Infinity })],
  ['a session ID that is not a text', withRecord({ sessionId: 7 })],
  ['a hold that is not complete', withRecord({ hold: { step: 1, value: { untilMs: 1 } } })],
  ['a token with a line break', { ...good, token: { ...token, accessToken: 'a\r\nb' } }],
  ['an empty token', { ...good, token: { ...token, accessToken: '' } }],
  ['a huge token', { ...good, token: { ...token, accessToken: 'a'.repeat(65_537) } }],
  ['a huge refresh token', { ...good, token: { ...token, refreshToken: 'a'.repeat(65_537) } }],
  ['an age that is not a number', { ...good, token: { ...token, ageMs: Number.NaN } }],
  ['a negative age', { ...good, token: { ...token, ageMs: -1 } }],
  ['an infinite lifetime', { ...good, token: { ...token, lifetimeSeconds: Infinity } }],
  ['inherited properties', Object.create(good)]
])('ignores a tab message with %s', (_, message) => {
  expect(readMessage(message)).toBe(undefined)
})

it.each([
  ['a sign-out', (own: string) => ({ ended: [{ ...ended, id: own }] }), undefined],
  ['a token', (own: string) => ({ sessionId: own }), token],
  ['a sign-in', () => ({ sessionId: 'abcd' }), { ...token, reason: 'signed-in' }]
])('ignores a forged message that storage does not confirm: %s', async (_, change, forged) => {
  const { openTab, settle, forge, pass, browser } = setUpTabs()
  const { auth, events } = openTab()
  await settle()
  await auth.login(ada)
  const second = openTab()
  await pass(3_000)
  const seen = events.length
  const [stored] = [...browser.storage.entries.values()].flatMap((text) => parseRecord(text) ?? [])
  for (const counter of [1, 2, 3, 1_000, Number.MAX_SAFE_INTEGER]) {
    const record = writeRecord({ ...emptyRecord, ...change(stored?.sessionId ?? ''), counter })
    forge({ version: 4, type: 'record', record, token: forged })
    await pass(300)
  }
  expect(events.slice(seen)).toEqual([])
  await auth.refresh()
  await settle()
  expect(await second.auth.getAccessToken()).toBe(await auth.getAccessToken())
})

it('keeps its session and throws nothing during 5,000 forged tab messages', () =>
  sendForgedMessages(5_000, 20_260_201))
