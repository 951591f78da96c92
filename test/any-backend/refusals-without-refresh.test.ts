// I4, I13: without a refresh, the 401 of a proxy ends no session; a function of the contract that
// never settles keeps no request waiting.
import type { AuthContract } from 'everbearer'
import { expect, it } from 'vitest'
import {
  credentials,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'
import { uncaughtErrors } from '../support/uncaught-errors.ts'

async function useWith(answer: () => Response, contract: AuthContract) {
  const setup = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 't1', expires_in: 3600 }),
      'GET /me': answer
    }),
    { contract }
  )
  await setup.auth.login(credentials)
  return setup
}

const withoutRefresh = { refresh: false } as const

const ofProxies: readonly (readonly [string, () => Response])[] = [
  ['with the challenge of another scheme', () => text(401, '', { 'WWW-Authenticate': 'Basic' })],
  ['with Retry-After', () => json(401, {}, { 'Retry-After': '30' })],
  ['in HTML', () => text(401, '<html></html>', { 'Content-Type': 'text/html' })]
]

it.each(ofProxies)(
  'keeps a session that cannot be refreshed, and returns a 401 %s',
  async (_, answer) => {
    const { auth } = await useWith(answer, withoutRefresh)
    await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
    expect((await auth.fetch('/me')).status).toBe(401)
    expect(auth.getState().status).toBe('authenticated')
  }
)

it.each([
  ['a 401 of the backend', () => json(401, {}), {}],
  [
    'a 401 with the Bearer challenge',
    () => text(401, '', { 'WWW-Authenticate': 'Basic, Bearer' }),
    {}
  ],
  [
    'a 401 in HTML, if a rule names its text',
    () => text(401, '<p>signed out</p>'),
    { refusals: { accessToken: { status: 401, text: 'signed out' } } }
  ]
] as const)('ends a session that cannot be refreshed on %s', async (_, answer, contract) => {
  const { auth } = await useWith(answer, { ...withoutRefresh, ...contract })
  await auth.axios.get('/me').catch(() => {})
  expect(auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'session-expired' })
})

it.each(['accessToken', 'unrelated'] as const)(
  'leaves the decision to the default if the function refusals.%s does not settle in time',
  async (rule) => {
    const never = () => new Promise<boolean>(() => {})
    const { auth, pass, settle } = await useWith(() => json(200, { ok: true }), {
      refusals: { accessToken: { status: 200, body: { ok: true } }, [rule]: never }
    })
    const errors = uncaughtErrors()
    let outcome = 'pending'
    auth.axios.get('/me').then(
      () => {
        outcome = 'fulfilled'
      },
      () => {
        outcome = 'rejected'
      }
    )
    await settle()
    await pass(9_999)
    expect(outcome).toBe('pending')
    await pass(1)
    // Without the function, the answer is a refusal, and the refresh for it fails.
    expect(outcome).toBe(rule === 'accessToken' ? 'fulfilled' : 'rejected')
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toMatchObject([{ code: 'ERR_AUTH_TIMEOUT' }])
  }
)
