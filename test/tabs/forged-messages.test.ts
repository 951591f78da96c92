// Forged messages: any script of the origin can post to the channel, and an old tab may run another
// version.
import { expect, it } from 'vitest'
import { readMessage } from '../../src/tabs/messages.ts'
import { sendForgedMessages } from '../support/setups/forged-tab-messages.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

const sessionVersion = { generation: 1_000, sessionId: 'abcd' }
const token = { accessToken: 'a.b.c', ageMs: 0, sentAtMs: 0 }
const good = { version: 2, type: 'token', sessionVersion, reason: 'refreshed', token }

it('reads a tab message of the current version', () => {
  expect(readMessage(good)).toMatchObject({
    type: 'token',
    reason: 'refreshed',
    sessionVersion
  })
  expect(readMessage({ version: 2, type: 'ask' })).toEqual({ type: 'ask' })
  expect(readMessage({ version: 2, type: 'ended', sessionVersion, reason: 'idle' })).toMatchObject({
    reason: 'idle'
  })
  expect(readMessage({ ...good, token: undefined })).toMatchObject({ token: undefined })
})

it.each([
  ['an undefined value', undefined],
  ['a string', 'ask'],
  ['another version', { ...good, version: 1 }],
  ['no version', { ...good, version: undefined }],
  ['an unknown type', { ...good, type: 'steal' }],
  ['an unknown reason for a token', { ...good, reason: 'stolen' }],
  [
    'an unknown reason for an end',
    { version: 2, type: 'ended', sessionVersion, reason: 'because' }
  ],
  ['no session version', { ...good, sessionVersion: undefined }],
  [
    'a generation that is a string',
    { ...good, sessionVersion: { ...sessionVersion, generation: '7' } }
  ],
  ['a negative generation', { ...good, sessionVersion: { ...sessionVersion, generation: -1 } }],
  [
    'an infinite generation',
    { ...good, sessionVersion: { ...sessionVersion, generation: Infinity } }
  ],
  ['a malformed session ID', { ...good, sessionVersion: { ...sessionVersion, sessionId: 'a b' } }],
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
  ['a sign-out', { version: 2, type: 'ended', reason: 'signed-out' }],
  ['a token', { ...good }],
  ['a sign-in', { ...good, reason: 'signed-in' }]
])('ignores a forged message that storage does not confirm: %s', async (_, message) => {
  const { openTab, settle, forge, pass } = setUpTabs()
  const { auth, events } = openTab()
  await settle()
  await auth.login(ada)
  const second = openTab()
  await settle()
  const seen = events.length
  for (const generation of [1, 2, 3, 1_000, Number.MAX_SAFE_INTEGER]) {
    forge({
      ...message,
      sessionVersion: { generation, sessionId: message.type === 'ended' ? null : 'abcd' }
    })
    await pass(300)
  }
  expect(events.slice(seen)).toEqual([])
  await auth.refresh()
  await settle()
  expect(await second.auth.getAccessToken()).toBe(await auth.getAccessToken())
})

it('keeps its session and throws nothing during 5,000 forged tab messages', () =>
  sendForgedMessages(5_000, 20_260_201))
