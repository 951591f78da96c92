// Shape of refresh requests: the contract states method, body, fields, headers and credential.
import { expect, it } from 'vitest'
import {
  type Arrived,
  credentials,
  json,
  routes,
  setUpServer
} from '../support/setups/hand-written-server.ts'

it('repeats the CSRF cookie of Flask-JWT-Extended in a header of the refresh', async () => {
  let access = 0
  const { auth, sentTo } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: `access-${access}` }),
      'POST /token/refresh': ({ headers }) => {
        if (headers.get('X-CSRF-TOKEN') !== 'csrf-1') {
          return json(401, { msg: 'Missing CSRF token' })
        }
        access += 1
        return json(200, { access_token: `access-${access}` })
      },
      'GET /me': ({ token }) => json(token === `access-${access}` && access > 0 ? 200 : 401, {})
    }),
    {
      contract: {
        refresh: {
          path: '/token/refresh',
          csrf: { cookie: 'csrf_refresh_token', header: 'X-CSRF-TOKEN' }
        }
      },
      platform: { readCookie: (name) => (name === 'csrf_refresh_token' ? 'csrf-1' : undefined) }
    }
  )
  await auth.login(credentials)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(sentTo('/token/refresh')).toHaveLength(1)
  expect(auth.getState().status).toBe('authenticated')
})

it('refreshes by GET, without a body', async () => {
  const { auth, sentTo } = setUpServer(
    routes({
      'GET /token': () => json(200, { access_token: 'second' }),
      'GET /me': ({ token }) => json(token === 'second' ? 200 : 401, {})
    }),
    { contract: { refresh: { method: 'GET', path: '/token' } } }
  )
  await auth.login(async () => ({ access_token: 'first' }))
  expect((await auth.axios.get('/me')).status).toBe(200)
  const [refresh] = sentTo('/token')
  expect([refresh?.body, refresh?.headers.has('Content-Type')]).toEqual(['', false])
})

/** Issues a new pair of tokens, once for each refresh token. */
function createTokenEndpoint(read: (request: Arrived) => unknown, names: readonly string[]) {
  let nth = 1
  const issue = () => {
    const [access = '', refresh = ''] = names
    return json(200, { [access]: `access-${nth}`, [refresh]: `refresh-${nth}`, expires_in: 60 })
  }
  return {
    issue,
    newest: () => ({ access: `access-${nth}`, refresh: `refresh-${nth}` }),
    rotate(request: Arrived) {
      if (read(request) !== `refresh-${nth}`) return json(401, { error: 'invalid_grant' })
      nth += 1
      return issue()
    }
  }
}

it('names its client to a token endpoint that rejects a refresh without client_id', async () => {
  const tokens = createTokenEndpoint(
    ({ fields }) => fields.refresh_token,
    ['access_token', 'refresh_token']
  )
  const revoked: Arrived[] = []
  const { auth, pass, sentTo } = setUpServer(
    routes({
      'POST /oauth/token': (request) => {
        const { client_id, grant_type } = request.fields
        if (client_id !== 'spa') return json(401, { error: 'invalid_client' })
        if (grant_type === 'password') return tokens.issue()
        if (grant_type !== 'refresh_token') return json(400, { error: 'unsupported_grant_type' })
        return tokens.rotate(request)
      },
      'POST /oauth/revoke': (request) => {
        revoked.push(request)
        return json(200, {})
      },
      'GET /me': ({ token }) => json(token === tokens.newest().access ? 200 : 401, {})
    }),
    {
      contract: {
        login: {
          path: '/oauth/token',
          body: 'form',
          fields: { grant_type: 'password', client_id: 'spa' }
        },
        refresh: {
          path: '/oauth/token',
          credential: 'refresh-token',
          body: 'form',
          fields: { grant_type: 'refresh_token', client_id: 'spa' }
        },
        logout: {
          path: '/oauth/revoke',
          body: 'form',
          fields: { client_id: 'spa' },
          refreshToken: 'token'
        }
      }
    }
  )
  await auth.login({ username: 'ada', password: 'lovelace' })
  await pass(600_000, 5_000)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(sentTo('/oauth/token').length).toBeGreaterThan(5)

  const { refresh } = tokens.newest()
  expect(await auth.logout()).toEqual({ confirmed: true })
  // RFC 7009 §2.1.
  expect(revoked.map(({ fields }) => fields)).toEqual([{ token: refresh, client_id: 'spa' }])
})

it('rotates a pair of tokens that refresh and logout present as JSON {refreshToken}', async () => {
  const tokens = createTokenEndpoint(
    ({ fields }) => fields.refreshToken,
    ['accessToken', 'refreshToken']
  )
  const ended: unknown[] = []
  const { auth, pass } = setUpServer(
    routes({
      'POST /login': tokens.issue,
      'POST /auth/refresh': tokens.rotate,
      'POST /auth/logout': ({ fields }) => {
        ended.push(fields)
        return json(200, {})
      },
      'GET /me': ({ token }) => json(token === tokens.newest().access ? 200 : 401, {})
    }),
    {
      contract: {
        refresh: {
          path: '/auth/refresh',
          credential: 'refresh-token',
          refreshToken: 'refreshToken'
        },
        logout: '/auth/logout'
      }
    }
  )
  await auth.login(credentials)
  await pass(600_000, 5_000)
  expect((await auth.axios.get('/me')).status).toBe(200)

  const { refresh } = tokens.newest()
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(ended).toEqual([{ refreshToken: refresh }])
})
