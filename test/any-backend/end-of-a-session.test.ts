// End of a session: the contract names the answers that end it, and answers of proxies never do.
import { type AnswerRules, type AuthContract, AuthError } from 'everbearer'
import { expect, it } from 'vitest'
import {
  credentials,
  type HandWrittenServer,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'

/** Signs in for a minute, and lets refreshes get `answer`. Then sends a request each minute. */
async function useForAnHour(answer: HandWrittenServer, contract?: AuthContract) {
  const setup = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'first', expires_in: 60 }),
      'POST /refresh': answer,
      'GET /me': ({ token }) => json(token?.startsWith('second') ? 200 : 401, {})
    }),
    contract === undefined ? {} : { contract }
  )
  const { auth, pass } = setup
  await auth.login(credentials)
  for (let minute = 0; minute < 60; minute += 1) {
    await pass(60_000, 10_000)
    void auth.axios.get('/me').catch(() => {})
  }
  return { ...setup, state: auth.getState() }
}

const json200 = { status: 200, body: { success: false } }

const endings: readonly (readonly [string, () => Response, AnswerRules])[] = [
  [
    '400 with a message',
    () => json(400, { message: 'Session is over' }),
    { status: 400, body: { message: 'Session is over' } }
  ],
  [
    '400 with a code',
    () => json(400, { code: 'SESSION_OVER' }),
    { status: 400, body: { code: 'SESSION_OVER' } }
  ],
  ['404', () => json(404, { message: 'No such session' }), 404],
  ['410', () => json(410, {}), [401, 410]],
  ['419', () => json(419, { message: 'Page expired' }), 419],
  ['422', () => json(422, { msg: 'Token is expired' }), { status: [401, 422] }],
  ['440', () => json(440, {}), 440],
  ['498', () => json(498, {}), ({ status }) => status === 498],
  ['200 without success', () => json(200, { success: false }), json200]
]

it.each(endings)(
  'ends the session after one refresh if it is answered %s, and a rule says so',
  async (_, answer, session) => {
    const { state, sentTo } = await useForAnHour(answer, { refusals: { session } })
    expect(state).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
    expect(sentTo('/refresh')).toHaveLength(1)
  }
)

it.each(endings)(
  'keeps the session if a refresh is answered %s, and no rule mentions it',
  async (_, answer) => {
    const { state } = await useForAnHour(answer)
    expect(state).toMatchObject({ status: 'authenticated' })
  }
)

const fromElsewhere: readonly (readonly [string, () => Response])[] = [
  ['the text of a CDN with 403', () => text(403, 'error code: 1020')],
  ['the text of a service mesh with 403', () => text(403, 'RBAC: access denied')],
  ['403 with Retry-After', () => json(403, {}, { 'Retry-After': '30' })],
  [
    '401 with HTML and a Basic challenge',
    () =>
      text(401, '<html><h1>401</h1></html>', {
        'Content-Type': 'text/html',
        'WWW-Authenticate': 'Basic realm="Restricted"'
      })
  ],
  ['401 with a Negotiate challenge', () => text(401, '', { 'WWW-Authenticate': 'Negotiate' })],
  ['403 with the JSON of an API gateway', () => json(403, { message: 'Forbidden' })]
]

it.each(fromElsewhere)(
  'keeps the session if a proxy or firewall answers a refresh with %s',
  async (_, answer) => {
    let isBlocked = true
    let nth = 0
    const { auth, state, pass } = await useForAnHour(() =>
      isBlocked ? answer() : json(200, { access_token: `second-${++nth}`, expires_in: 60 })
    )
    expect(state.status).toBe('authenticated')
    isBlocked = false
    await pass(300_000, 5_000)
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
)

it.each(fromElsewhere.slice(2, 5))(
  'keeps the session on %s even if a rule names the status',
  async (_, answer) => {
    const { state } = await useForAnHour(answer, { refusals: { session: [401, 403] } })
    expect(state.status).toBe('authenticated')
  }
)

it('ends the session if the function that reads tokens throws that it has expired', async () => {
  const { state, sentTo } = await useForAnHour(() => json(200, { code: 401, message: 'expired' }), {
    refresh: {
      tokens({ body }) {
        if (Reflect.get(Object(body), 'code') === 401) {
          throw new AuthError('ERR_AUTH_SESSION_EXPIRED', 'signed out')
        }
        return body as { readonly access_token: string }
      }
    }
  })
  expect(state).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
  expect(sentTo('/refresh')).toHaveLength(1)
})
