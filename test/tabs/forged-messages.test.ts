// Messages that nobody of ours wrote: any script of the origin can post them, and an old tab may be of another version.
import { expect, it } from 'vitest'
import { readMessage } from '../../src/tabs/messages.ts'
import { flood } from '../support/worlds/forged-tab-messages.ts'
import { ada } from '../support/worlds/test-client.ts'
import { createTabsBed } from '../support/worlds/virtual-tabs.ts'

const stamp = { generation: 1_000, sessionId: 'abcd' }
const token = { accessToken: 'a.b.c', ageMs: 0, sentAtMs: 0 }
const good = { version: 1, type: 'token', stamp, news: 'refreshed', token }

it('reads a message of its own version', () => {
  expect(readMessage(good)).toMatchObject({ type: 'token', news: 'refreshed', stamp })
  expect(readMessage({ version: 1, type: 'ask' })).toEqual({ type: 'ask' })
  expect(readMessage({ version: 1, type: 'ended', stamp, reason: 'idle' })).toMatchObject({
    reason: 'idle'
  })
  expect(readMessage({ ...good, token: undefined })).toMatchObject({ token: undefined })
})

it.each([
  ['nothing', undefined],
  ['text', 'ask'],
  ['another version', { ...good, version: 2 }],
  ['no version', { ...good, version: undefined }],
  ['an unknown type', { ...good, type: 'steal' }],
  ['unknown news', { ...good, news: 'stolen' }],
  ['an unknown reason', { version: 1, type: 'ended', stamp, reason: 'because' }],
  ['no stamp', { ...good, stamp: undefined }],
  ['a stamp that is no number', { ...good, stamp: { ...stamp, generation: '7' } }],
  ['a negative stamp', { ...good, stamp: { ...stamp, generation: -1 } }],
  ['an endless stamp', { ...good, stamp: { ...stamp, generation: Infinity } }],
  ['a session that is no name', { ...good, stamp: { ...stamp, sessionId: 'a b' } }],
  ['a token with a line break', { ...good, token: { ...token, accessToken: 'a\r\nb' } }],
  ['an empty token', { ...good, token: { ...token, accessToken: '' } }],
  ['a huge token', { ...good, token: { ...token, accessToken: 'a'.repeat(8193) } }],
  ['a huge refresh token', { ...good, token: { ...token, refreshToken: 'a'.repeat(8193) } }],
  ['an age that is no number', { ...good, token: { ...token, ageMs: Number.NaN } }],
  ['a negative age', { ...good, token: { ...token, ageMs: -1 } }],
  ['a life without end', { ...good, token: { ...token, lifetimeSeconds: Infinity } }],
  ['inherited properties', Object.create(good)]
])('does not read %s', (_, message) => {
  expect(readMessage(message)).toBe(undefined)
})

it.each([
  ['a sign-out', { version: 1, type: 'ended', reason: 'signed-out' }],
  ['a token', { ...good }],
  ['a sign-in', { ...good, news: 'signed-in' }]
])('believes nothing that storage does not bear out: %s', async (_, message) => {
  const { openTab, settle, forge, pass } = createTabsBed()
  const { auth, events } = openTab()
  await settle()
  await auth.login(ada)
  const second = openTab()
  await settle()
  const seen = events.length
  for (const generation of [1, 2, 3, 1_000, Number.MAX_SAFE_INTEGER]) {
    forge({
      ...message,
      stamp: { generation, sessionId: message.type === 'ended' ? null : 'abcd' }
    })
    await pass(300)
  }
  expect(events.slice(seen)).toEqual([])
  await auth.refresh()
  await settle()
  expect(await second.auth.getAccessToken()).toBe(await auth.getAccessToken())
})

it('adopts nothing wrong and throws nothing over 5,000 forged messages', () =>
  flood(5_000, 20_260_201))
