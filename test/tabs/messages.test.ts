// Messages that nobody of ours wrote: any script of the origin can post them, and an old tab may be of another version.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readMessage } from '../../src/tabs/channel.ts'
import { ada, grace } from '../support/test-client.ts'
import { createTabsBed } from '../support/virtual-tabs.ts'

const runs = Number(process.env.MESSAGES ?? 5_000)

const stamp = { generation: 1_000, sessionId: 'abcd' }
const token = { accessToken: 'a.b.c', ageMs: 0, sentAtMs: 0 }
const good = { version: 1, type: 'token', stamp, news: 'renewed', token }

it('reads a message of its own version', () => {
  expect(readMessage(good)).toMatchObject({ type: 'token', news: 'renewed', stamp })
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

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })
const nearly = <T>(value: T, weight = 6) =>
  fc.oneof({ weight, arbitrary: fc.constant<unknown>(value) }, { weight: 1, arbitrary: anything })
const oneOf = (...values: unknown[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything })

function forgery(foreignToken: string, ownToken: string) {
  return fc.record(
    {
      version: nearly(1, 20),
      type: oneOf('token', 'token', 'ended', 'ask'),
      news: oneOf('renewed', 'reissued', 'handed', 'signed-in'),
      stamp: fc.oneof(
        fc.record({
          generation: fc.oneof(fc.nat(50), fc.integer(), anything),
          sessionId: oneOf('abcd', null, undefined)
        }),
        anything
      ),
      token: fc.oneof(
        fc.record(
          {
            accessToken: oneOf(
              ownToken,
              `${ownToken}x`,
              'opaque',
              'a b',
              foreignToken.slice(0, 20)
            ),
            refreshToken: oneOf(undefined, 'r'),
            lifetimeSeconds: oneOf(300, 1e9, -1, undefined),
            ageMs: oneOf(0, 1e12, -5),
            sentAtMs: oneOf(0, Date.now()),
            refreshInMs: oneOf(0, 1e15, undefined)
          },
          { requiredKeys: [] }
        ),
        anything
      )
    },
    { requiredKeys: [] }
  )
}

it(`adopts nothing wrong and throws nothing over ${runs} forged messages`, {
  timeout: 600_000
}, async () => {
  const { openTab, settle, forge, browser } = createTabsBed()
  const { auth, events } = openTab()
  await settle()
  await auth.login(ada)
  const own = await auth.getAccessToken()
  const foreign = createTabsBed()
  const stranger = foreign.openTab()
  await foreign.settle()
  await stranger.auth.login(grace)
  const foreignToken = await stranger.auth.getAccessToken()
  await settle()
  const seen = events.length
  const sent = browser.requests.length
  await fc.assert(
    fc.asyncProperty(fc.oneof(forgery(foreignToken, own), anything), async (message) => {
      try {
        forge(message)
      } catch (error) {
        // What cannot be cloned does not travel.
        if (!(error instanceof DOMException)) throw error
      }
      await Promise.resolve()
      expect(auth.getState().status).toBe('authenticated')
    }),
    { numRuns: runs, seed: Number(process.env.SEED ?? 20_260_201) }
  )
  await settle()
  expect(await auth.getAccessToken()).toBe(own)
  expect(events.slice(seen)).toEqual([])
  expect(browser.requests.slice(sent)).toEqual([])
})
