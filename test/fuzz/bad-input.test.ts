// Malformed input: the readers throw typed errors only. A short run with a fixed seed; `npm run
// test:long` has the long one.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answers } from '../support/fuzz/bad-inputs.ts'
import { subjects } from '../support/fuzz/fuzz-subjects.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const numRuns = 20_000

it.each(subjects)(
  'handles thousands of malformed inputs with typed errors only: $kind',
  async (subject) => {
    const outcomes = new Set<string>()
    const property = fc.asyncProperty(subject.inputs, async (input) => {
      outcomes.add(await subject.feed(input))
    })
    await fc.assert(property, { numRuns: Math.ceil(numRuns * subject.share), seed: 20_260_101 })
    expect(outcomes).toEqual(new Set(subject.outcomes))
  }
)

it('a client recovers from any series of malformed refresh answers, or ends the session', async () => {
  const property = fc.asyncProperty(
    fc.array(answers, { minLength: 1, maxLength: 5 }),
    async (bad) => {
      const { auth, browser, clock, idle } = setUpClient()
      await auth.login(ada)
      for (const { status, headers, text } of bad) {
        const lines = headers
          .filter(([, value]) => value !== '')
          .map(([...line]): [string, string] => line)
        const response = { status, headers: lines, setCookies: [], body: text }
        browser.intercept('/refresh', { kind: 'answer', response })
        await auth.refresh().catch((error) => expect(error.name).toBe('AuthError'))
        clock.tick(301_000)
        await idle()
      }
      clock.tick(301_000)
      await idle()
      expect(clock.pendingTimers()).toBeLessThan(4)
      if (auth.getState().status === 'unauthenticated') return
      expect(auth.getState()).toMatchObject({ status: 'authenticated' })
      await auth.login(ada)
      expect((await auth.axios.get('/me')).status).toBe(200)
    }
  )
  await fc.assert(property, { numRuns: 60, seed: 20_260_101 })
})

it('the shares of all kinds of input add up to one', () => {
  expect(subjects.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
})
