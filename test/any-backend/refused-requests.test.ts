// Refused requests: the contract names the answers that refuse a token, also those with status 200.
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import {
  credentials,
  json,
  routes,
  setUpServer,
  text
} from '../support/setups/hand-written-server.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

/** A server that says inside a 200 that the first token has expired. */
function setUp(refusal: unknown, contract: AuthContract) {
  return setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'first' }),
      'POST /refresh': () => json(200, { access_token: 'second' }),
      'POST /graphql': ({ token }) =>
        json(200, token === 'second' ? { data: { me: 'Ada' } } : refusal)
    }),
    { contract }
  )
}

const dialects: readonly (readonly [string, unknown, AuthContract])[] = [
  [
    'GraphQL error UNAUTHENTICATED',
    { errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] },
    {
      refusals: {
        accessToken: { status: 200, body: { 'errors.0.extensions.code': 'UNAUTHENTICATED' } }
      }
    }
  ],
  [
    'code 401',
    { code: 401, message: 'Your token is expired' },
    { refusals: { accessToken: [401, { status: 200, body: { code: 401 } }] } }
  ]
]

describe.each(dialects)('a 200 with the %s', (_, refusal, contract) => {
  const query = JSON.stringify({ query: '{ me }' })

  it('is refreshed and replayed over axios', async () => {
    const { auth, sentTo } = setUp(refusal, contract)
    await auth.login(credentials)
    const { data } = await auth.axios.post('/graphql', { query: '{ me }' })
    expect(data).toEqual({ data: { me: 'Ada' } })
    expect(sentTo('/graphql').map(({ body, token }) => [token, body])).toEqual([
      ['first', query],
      ['second', query]
    ])
  })

  it('is refreshed and replayed over fetch', async () => {
    const { auth, sentTo } = setUp(refusal, contract)
    await auth.login(credentials)
    const response = await auth.fetch(`${apiOrigin}/graphql`, { method: 'POST', body: query })
    expect(await response.json()).toEqual({ data: { me: 'Ada' } })
    expect(sentTo('/refresh')).toHaveLength(1)
  })

  it('is refreshed and replayed for a download as a blob', async () => {
    const { auth } = setUp(refusal, contract)
    await auth.login(credentials)
    const { data } = await auth.axios.post<Blob>('/graphql', {}, { responseType: 'blob' })
    expect(JSON.parse(await data.text())).toEqual({ data: { me: 'Ada' } })
  })
})

describe('a 401 for a wrong current password', () => {
  function setUpPassword() {
    return setUpServer(
      routes({
        'POST /login': () => json(200, { access_token: 'first' }),
        'POST /refresh': () => json(200, { access_token: 'second' }),
        'POST /password': () => json(401, { message: 'Wrong current password' })
      })
    )
  }

  it('reaches the caller after one attempt over axios if the request ignores refusals', async () => {
    const { auth, sentTo } = setUpPassword()
    await auth.login(credentials)
    const changing = auth.axios.post('/password', {}, { everbearer: { onRefusal: 'ignore' } })
    await expect(changing).rejects.toMatchObject({ response: { status: 401 } })
    expect(sentTo('/password').map(({ token }) => token)).toEqual(['first'])
    expect(sentTo('/refresh')).toEqual([])
    expect(auth.getState().status).toBe('authenticated')
  })

  it('reaches the caller after one attempt over fetch if the request ignores refusals', async () => {
    const { auth, sentTo } = setUpPassword()
    await auth.login(credentials)
    const { status } = await auth.fetch(`${apiOrigin}/password`, {
      method: 'POST',
      everbearer: { onRefusal: 'ignore' }
    })
    expect(status).toBe(401)
    expect(sentTo('/password').map(({ token }) => token)).toEqual(['first'])
    expect(sentTo('/refresh')).toEqual([])
  })

  it('reaches the caller after one attempt if a rule names its message', async () => {
    const { auth, sentTo } = setUpServer(
      routes({
        'POST /login': () => json(200, { access_token: 'first' }),
        'POST /password': () => text(401, 'Wrong current password')
      }),
      { contract: { refusals: { unrelated: { text: 'current password' } } } }
    )
    await auth.login(credentials)
    await expect(auth.axios.post('/password')).rejects.toMatchObject({ response: { status: 401 } })
    expect(sentTo('/password')).toHaveLength(1)
    expect(sentTo('/refresh')).toEqual([])
  })
})
