// I15: an answer that arrives after another user has signed in does not reach the app.
import type { AuthClientOptions } from 'everbearer'
import { expect, it, vi } from 'vitest'
import { ada, grace, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

type Mode = AuthClientOptions['lateAnswers']

const steps = {
  'the user has signed out': [],
  'the same user has signed in again': [ada],
  'another user has signed in': [grace]
} as const

const changed = 'ERR_AUTH_SESSION_CHANGED'
const cases: readonly (readonly [Mode, keyof typeof steps, number | string])[] = [
  [undefined, 'the user has signed out', 200],
  [undefined, 'the same user has signed in again', 200],
  [undefined, 'another user has signed in', changed],
  ['same-user', 'another user has signed in', changed],
  ['same-session', 'the user has signed out', changed],
  ['same-session', 'the same user has signed in again', changed],
  ['same-session', 'another user has signed in', changed],
  ['any', 'another user has signed in', 200]
]

async function answerAfter(
  options: AuthClientOptions,
  users: readonly object[],
  transport: 'axios' | 'fetch'
): Promise<number | string> {
  const { auth, browser } = setUpClient(options)
  vi.stubGlobal('fetch', browser.fetch)
  await auth.login(ada)
  const gate = browser.hold('/me')
  const asked = transport === 'axios' ? auth.axios.get('/me') : auth.fetch(`${apiOrigin}/me`)
  const outcome = asked.then(
    ({ status }) => status,
    (error) => error.code
  )
  await gate.arrived(1)
  await auth.logout()
  for (const user of users) await auth.login(user)
  gate.release()
  return outcome
}

it.each(cases.flatMap((row) => [[...row, 'axios'] as const, [...row, 'fetch'] as const]))(
  'with lateAnswers %s, once %s, a request settles with %s over %s',
  async (lateAnswers, step, expected, transport) => {
    expect(await answerAfter({ lateAnswers }, steps[step], transport)).toBe(expected)
  }
)

it.each(['same-user', 'any'] as const)(
  'takes each sign-in for another user if no user is known, unless all answers are wanted (%s)',
  async (lateAnswers) => {
    const contract = { user: { id: 'unknown' } }
    const outcome = await answerAfter({ lateAnswers, contract }, [ada], 'axios')
    expect(outcome).toBe(lateAnswers === 'any' ? 200 : changed)
  }
)

it('resolves a late answer to a request without the token', async () => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/public')
  const asked = auth.axios.get('/public', {
    everbearer: { accessToken: 'omit' },
    validateStatus: () => true
  })
  await gate.arrived(1)
  await auth.login(grace)
  gate.release()
  expect((await asked).status).toBe(401)
})
