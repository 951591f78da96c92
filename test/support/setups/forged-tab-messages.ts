// Forged tab messages: sends random messages over the channel. None may throw, change the session
// or replace the token.
import fc from 'fast-check'
import { expect } from 'vitest'
import { toJson } from '../../../src/lib/json-path.ts'
import { emptyRecord } from '../../../src/tabs/record-value.ts'
import { ada, grace } from './test-client.ts'
import { setUpTabs } from './virtual-tabs.ts'

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })
const nearly = <T>(value: T, weight = 6) =>
  fc.oneof({ weight, arbitrary: fc.constant<unknown>(value) }, { weight: 1, arbitrary: anything })
const oneOf = (...values: unknown[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything })

function forgery(foreignToken: string, ownToken: string) {
  return fc.record(
    {
      version: nearly(4, 20),
      type: oneOf('record', 'record', 'ask'),
      record: fc.oneof(
        fc
          .record({
            counter: fc.oneof(fc.nat(50), fc.integer()),
            sessionId: oneOf('abcd', undefined),
            ended: fc.array(
              fc.record({
                id: oneOf('abcd', 'efgh'),
                counter: fc.nat(50),
                reason: oneOf('signed-out', 'session-expired', 'idle'),
                isConfirmed: fc.boolean()
              })
            )
          })
          .map((changes) => toJson({ ...emptyRecord, ...changes })),
        anything
      ),
      token: fc.oneof(
        fc.record(
          {
            reason: oneOf('refreshed', 'reissued', 'reply', 'signed-in'),
            accessToken: oneOf(
              ownToken,
              `${ownToken}x`,
              'opaque',
              'a b',
              foreignToken.slice(0, 20)
            ),
            refreshToken: oneOf(undefined, 'r'),
            lifetimeSeconds: oneOf(300, 1e9, -1, undefined),
            refreshTokenAgeMs: oneOf(0, 1e12, -5),
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

/** Throws if one of `numRuns` messages has an effect on the client. */
export async function sendForgedMessages(numRuns: number, seed: number): Promise<void> {
  const { openTab, settle, forge, browser } = setUpTabs()
  const { auth, events } = openTab()
  await settle()
  await auth.login(ada)
  const own = await auth.getAccessToken()
  const foreign = setUpTabs()
  const other = foreign.openTab()
  await foreign.settle()
  await other.auth.login(grace)
  const foreignToken = await other.auth.getAccessToken()
  await settle()
  const seen = events.length
  const sent = browser.requests.length
  await fc.assert(
    fc.asyncProperty(fc.oneof(forgery(foreignToken, own), anything), async (message) => {
      try {
        forge(message)
      } catch (error) {
        // A channel rejects a value that cannot be cloned.
        if (!(error instanceof DOMException)) throw error
      }
      await Promise.resolve()
      expect(auth.getState().status).toBe('authenticated')
    }),
    { numRuns, seed }
  )
  await settle()
  expect(await auth.getAccessToken()).toBe(own)
  expect(events.slice(seen)).toEqual([])
  expect(browser.requests.slice(sent)).toEqual([])
}
