// Login by contract: the request, the answers that reject the credentials, and the body of the
// error.
import { type AnswerRules, type AuthContract, AuthError, createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { setUpBackend } from '../support/setups/scripted-backend.ts'
import { setUpClient } from '../support/setups/test-client.ts'

const context = {
  accessToken: undefined,
  refreshToken: undefined,
  signal: new AbortController().signal
}
const ada = { email: 'ada@example.com', password: 'lovelace' }

describe('the login request', () => {
  it.each<[string, AuthContract, object, object]>([
    [
      'is a POST with the credentials as JSON and cookies by default',
      {},
      ada,
      {
        method: 'POST',
        body: '{"email":"ada@example.com","password":"lovelace"}',
        credentials: 'include'
      }
    ],
    [
      'has the credentials as a form beside the constant fields',
      { login: { body: 'form', fields: { grant_type: 'password', client_id: 'spa' } } },
      { username: 'ada', password: 'a&b', remember: true, tags: ['x'] },
      {
        body: 'grant_type=password&client_id=spa&username=ada&password=a%26b&remember=true&tags=%5B%22x%22%5D',
        headers: { 'content-type': 'application/x-www-form-urlencoded' }
      }
    ],
    [
      'has nested credentials in a form as fields with brackets',
      { login: { body: 'form' } },
      { user: { email: 'ada', tags: ['x'] } },
      { body: 'user%5Bemail%5D=ada&user%5Btags%5D=%5B%22x%22%5D' }
    ],
    [
      'has the constant fields in its JSON, and those of the call win',
      { login: { fields: { mode: 'json', device: 'web' } } },
      { device: 'phone' },
      { body: '{"mode":"json","device":"phone"}' }
    ],
    [
      'has the method and headers of the contract',
      { login: { method: 'PUT', headers: { 'X-Api-Key': '1' }, cookies: false } },
      {},
      { method: 'PUT', headers: { 'x-api-key': '1' }, credentials: 'omit' }
    ],
    ['never outlives the page', {}, ada, { keepalive: false }]
  ])('%s', async (_, contract, credentials, expected) => {
    const { tokenRequest, sent, answer } = setUpBackend(contract)
    answer('/login', { body: { access_token: 'a' } })
    expect((await tokenRequest.login(credentials)(context)).kind).toBe('issued')
    expect(sent).toMatchObject([expected])
  })

  it('is sent with the credentials as they were when login() was called', async () => {
    const { tokenRequest, sent } = setUpBackend()
    const credentials = { ...ada }
    const send = tokenRequest.login(credentials)
    credentials.password = ''
    await send(context)
    expect(sent[0]?.body).toContain('lovelace')
  })

  it('reads the tokens at the places of the login endpoint', async () => {
    const { tokenRequest, answer } = setUpBackend({
      tokens: { accessToken: 'token', expiresIn: { at: 'ttl', unit: 'ms' } },
      login: { tokens: { accessToken: 'jwt' } }
    })
    answer('/login', { body: { jwt: 'a', ttl: 60_000, user: 'ada' } })
    expect(await tokenRequest.login(ada)(context)).toMatchObject({
      kind: 'issued',
      token: { accessToken: 'a', expiresInSeconds: 60, answer: { ttl: 60_000, user: 'ada' } }
    })
  })
})

describe('the answer to a login', () => {
  const mfa = { status: 200, body: { mfa_required: true } }

  it.each<[string, AnswerRules | undefined, number, unknown, string]>([
    ['400 by default', undefined, 400, {}, 'rejected'],
    ['401 by default', undefined, 401, {}, 'rejected'],
    ['422 by default', undefined, 422, {}, 'rejected'],
    ['404 by default', undefined, 404, {}, 'ERR_AUTH_SERVER_ERROR'],
    ['405 by default', undefined, 405, {}, 'ERR_AUTH_SERVER_ERROR'],
    ['429 by default', undefined, 429, {}, 'ERR_AUTH_SERVER_ERROR'],
    ['500 by default', undefined, 500, {}, 'ERR_AUTH_SERVER_ERROR'],
    ['200 without a token by default', undefined, 200, {}, 'ERR_AUTH_RESPONSE_MALFORMED'],
    ['a page with 403 by default', undefined, 403, '<html>', 'ERR_AUTH_SERVER_ERROR'],
    ['a page with 401 by default', undefined, 401, '<html>', 'rejected'],
    ['a page with a status of the contract', 422, 422, '<html>', 'ERR_AUTH_SERVER_ERROR'],
    ['a page with a text of the contract', { text: 'wrong' }, 422, '<p>wrong</p>', 'rejected'],
    ['a status of the contract', [404], 404, {}, 'rejected'],
    ['another status than the contract names', [401], 400, {}, 'ERR_AUTH_SERVER_ERROR'],
    ['a second factor with 200', [401, mfa], 200, { mfa_required: true }, 'rejected'],
    ['a token with 200', [401, mfa], 200, { access_token: 'a' }, 'issued'],
    ['a function', ({ status }) => status === 500, 500, {}, 'rejected']
  ])('%s', async (_, credentials, status, body, expected) => {
    const { tokenRequest, answer } = setUpBackend({ refusals: { credentials } })
    answer('/login', { status, body })
    const answered = await tokenRequest.login(ada)(context)
    expect(answered.kind === 'undecided' ? answered.error.code : answered.kind).toBe(expected)
  })
})

function createClient(contract: AuthContract, status: number, body: unknown) {
  const auth = createAuthClient({
    baseURL: 'https://api.app.example',
    restore: 'never',
    contract,
    platform: {
      warn() {},
      fetch: async () => Response.json(body, { status })
    }
  })
  onTestFinished(auth.dispose)
  return auth
}

async function rejectionOf(contract: AuthContract, status: number, body: unknown) {
  const error: unknown = await createClient(contract, status, body)
    .login(ada)
    .catch((reason) => reason)
  expect(error).toBeInstanceOf(AuthError)
  return error as AuthError
}

describe('the body of AuthError', () => {
  const body = {
    message: 'The code was sent.',
    mfa: { ticket: 't-1' },
    access_token: 'secret-access',
    refresh_token: 'secret-refresh'
  }
  const shown = { message: 'The code was sent.', mfa: { ticket: 't-1' } }

  it('is that of the rejected login, without the values at the token places', async () => {
    const error = await rejectionOf({}, 401, body)
    expect(error).toMatchObject({ code: 'ERR_AUTH_LOGIN_REJECTED', status: 401 })
    expect(error.body).toEqual(shown)
  })

  it('is that of a login without a readable token', async () => {
    const contract = { tokens: { accessToken: ['data.jwt'] } }
    const error = await rejectionOf(contract, 200, { data: { jwt: '', id: 7 } })
    expect(error).toMatchObject({ code: 'ERR_AUTH_RESPONSE_MALFORMED', status: 200 })
    expect(error.body).toEqual({ data: { id: 7 } })
  })

  it('is not enumerable, so that a log does not contain it', async () => {
    const error = await rejectionOf({}, 401, body)
    expect(Object.keys(error)).not.toContain('body')
    expect(JSON.stringify({ ...error })).not.toContain('t-1')
  })

  it('is undefined for other errors', async () => {
    expect((await rejectionOf({}, 500, body)).body).toBe(undefined)
    expect(new AuthError('ERR_AUTH_SESSION_EXPIRED', 'Over.').body).toBe(undefined)
  })
})

describe('a login function of the contract', () => {
  it('receives the object given to login() as it is, and its result is read by the contract', async () => {
    const form = new FormData()
    const seen: unknown[] = []
    const { tokenRequest, sent } = setUpBackend({
      tokens: { accessToken: 'jwt' },
      login: async (credentials, { signal }) => {
        seen.push(credentials, signal.aborted)
        return { jwt: 'a', user: 'ada' }
      }
    })
    expect(await tokenRequest.login(form)(context)).toMatchObject({
      kind: 'issued',
      token: { accessToken: 'a', answer: { user: 'ada' } }
    })
    expect(seen).toEqual([form, false])
    expect(sent).toEqual([])
  })

  it('rejects login() with its own error', async () => {
    for (const reason of [
      new AuthError('ERR_AUTH_LOGIN_REJECTED', 'wrong', { body: { left: 2 } }),
      new RangeError('in the app')
    ]) {
      const auth = createClient({ login: () => Promise.reject(reason) }, 200, {})
      await expect(auth.login(ada)).rejects.toBe(reason)
    }
  })

  it('rejects with ERR_AUTH_TIMEOUT if it does not settle in time', async () => {
    let signal: AbortSignal | undefined
    const { auth, clock, idle } = setUpClient({
      contract: {
        login: (_, context) => {
          signal = context.signal
          return new Promise(() => {})
        }
      }
    })
    const signingIn = auth.login(ada)
    await idle()
    clock.tick(10_000)
    await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
    expect(signal?.aborted).toBe(false)
    clock.tick(20_000)
    expect(signal?.aborted).toBe(true)
  })

  it('is required by login() with an object if the backend has no login endpoint', async () => {
    const auth = createClient({ login: false }, 200, {})
    await expect(async () => auth.login(ada)).rejects.toMatchObject({
      code: 'ERR_AUTH_INVALID_OPTIONS',
      message: 'login(): credentials: expected a function, because contract.login is false.'
    })
    await auth.login(async () => ({ access_token: 'a' }))
    expect(await auth.getAccessToken()).toBe('a')
  })
})
