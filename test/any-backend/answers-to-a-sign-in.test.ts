// Answers to a sign-in: reach the app, whether the server accepts the credentials or not.

import { inspect } from 'node:util'
import { type AuthError, isAuthError } from 'everbearer'
import { expect, it } from 'vitest'
import {
  credentials,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'

async function failureOf(signIn: Promise<unknown>): Promise<AuthError> {
  try {
    await signIn
  } catch (error) {
    if (isAuthError(error)) return error
    throw error
  }
  throw new Error('The sign-in must fail.')
}

it('resolves with the user that the answer to the sign-in holds, without its tokens', async () => {
  const user = { id: 7, name: 'Ada', roles: ['admin'] }
  const { auth } = setUpServer(
    routes({
      'POST /login': () =>
        json(200, { user, access_token: 'abc', refresh_token: 'def', expires_in: 300 })
    })
  )
  const answer = await auth.login(credentials)
  expect(answer).toMatchObject({ user })
  expect(JSON.stringify(answer)).not.toMatch(/abc|def/)
})

it('gives the form the errors of a 422, so that it can show them', async () => {
  const errors = { email: ['These credentials do not match our records.'] }
  const { auth } = setUpServer(
    routes({ 'POST /login': () => json(422, { message: 'The data was invalid.', errors }) })
  )
  const error = await failureOf(auth.login(credentials))
  expect(error).toMatchObject({ code: 'ERR_AUTH_LOGIN_REJECTED', status: 422 })
  expect(error.body).toEqual({ message: 'The data was invalid.', errors })
})

it('asks for a second factor by a rule, and signs in with the code of the app', async () => {
  const { auth } = setUpServer(
    routes({
      'POST /login': () => json(200, { mfa_required: true, challenge: 'c-1' }),
      'POST /mfa': ({ fields }) =>
        fields.challenge === 'c-1' ? json(200, { access_token: 'abc' }) : json(401, {})
    }),
    {
      contract: {
        refusals: { credentials: [400, 401, { status: 200, body: { mfa_required: true } }] }
      }
    }
  )
  const error = await failureOf(auth.login(credentials))
  expect(error.code).toBe('ERR_AUTH_LOGIN_REJECTED')
  expect(error.body).toEqual({ mfa_required: true, challenge: 'c-1' })

  await auth.login(async () => {
    const { data } = await auth.axios.post('/mfa', error.body)
    return data
  })
  expect(auth.getState().status).toBe('authenticated')
})

it('carries the body of a 200 without a token, which may be a second factor', async () => {
  const { auth } = setUpServer(
    routes({ 'POST /login': () => json(200, { next: 'totp', challenge: 'c-1' }) })
  )
  const error = await failureOf(auth.login(credentials))
  expect(error.code).toBe('ERR_AUTH_RESPONSE_MALFORMED')
  expect(error.body).toEqual({ next: 'totp', challenge: 'c-1' })
})

it('prints neither the body of a rejection nor a token that it holds', async () => {
  const { auth } = setUpServer(
    routes({
      'POST /login': () =>
        json(403, { reason: 'locked-account', access_token: 'never-shown-token' })
    })
  )
  const error = await failureOf(auth.login(credentials))
  expect(error.body).toEqual({ reason: 'locked-account' })
  expect(`${JSON.stringify(error)} ${inspect(error)} ${error.message}`).not.toMatch(
    /locked-account|never-shown-token/
  )
})

it.each([301, 307, 308])(
  'says that the server redirected a sign-in with status %d',
  async (status) => {
    const { auth, warnings, settle, sentTo } = setUpServer(
      routes({
        'POST /login': () => text(status, '', { Location: '/login/' }),
        'POST /login/': () => json(200, { access_token: 'abc' })
      })
    )
    const error = await failureOf(auth.login(credentials))
    expect(error.code).toBe('ERR_AUTH_NETWORK')
    await settle()
    const said = [error.message, ...warnings].filter((message) => isAboutARedirect(message))
    expect(said.length).toBeGreaterThan(0)
    expect(warnings.filter((warning) => warning.includes('CORS'))).toEqual([])
    expect(sentTo('/login/')).toEqual([])
  }
)

it('says that the server redirected a refresh, and keeps the session', async () => {
  const { auth, warnings, settle } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
      'POST /refresh': () => text(301, '', { Location: '/refresh/' })
    })
  )
  await auth.login(credentials)
  const error = await failureOf(auth.refresh())
  await settle()
  expect([error.message, ...warnings].some((message) => isAboutARedirect(message))).toBe(true)
  expect(auth.getState().status).toBe('authenticated')
})

it('does not mention a redirect alone if the network is down', async () => {
  const { auth, warnings, settle } = setUpServer(() => {
    throw new TypeError('Failed to fetch')
  })
  const error = await failureOf(auth.login(credentials))
  await settle()
  expect([error.message, ...warnings].some((message) => isAboutARedirect(message))).toBe(false)
})

/** A message that names a redirect as the cause, not as one of several. */
function isAboutARedirect(message: string): boolean {
  return /POST \S+ was redirected/.test(message)
}
