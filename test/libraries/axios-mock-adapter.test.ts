// axios-mock-adapter: a mocked answer counts as one of the server, although it has no full URL.
import axios from 'axios'
import MockAdapter from 'axios-mock-adapter'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { jwt } from '../support/tokens.ts'

const nowSeconds = Math.floor(Date.now() / 1000)

/** The token that the server issued `number` seconds ago, counted backwards. */
function tokenOf(number: number): string {
  return jwt({ sub: 'u1', iat: nowSeconds - 60 + number, exp: nowSeconds + 600, number })
}

function createClient(baseURL: string) {
  let issued = 0
  const issue = async () => ({ access_token: tokenOf(++issued) })
  const auth = createAuthClient({ baseURL, restore: 'never', contract: { refresh: issue } })
  onTestFinished(auth.dispose)
  return { auth, signIn: () => auth.login(issue) }
}

describe.each([
  ['before', 'https://api.example.com'],
  ['after', 'https://api.example.com'],
  ['before', 'https://api.example.com/v1/'],
  ['after', 'https://api.example.com/v1/']
])('a mock that is installed %s attach(), with the baseURL %s', (order, baseURL) => {
  async function setUp() {
    const { auth, signIn } = createClient(baseURL)
    await signIn()
    const api = axios.create({ baseURL })
    if (order === 'after') auth.attach(api)
    const mock = new MockAdapter(api)
    if (order === 'before') auth.attach(api)
    const sentTokens = () =>
      mock.history.map(({ headers }) => String(headers?.Authorization).replace('Bearer ', ''))
    return { auth, api, mock, sentTokens }
  }

  it('is refreshed once for concurrent mocked refusals, which are replayed', async () => {
    const { api, mock, sentTokens } = await setUp()
    mock
      .onGet('/me')
      .reply(({ headers }) =>
        headers?.Authorization === `Bearer ${tokenOf(1)}` ? [401] : [200, { name: 'Ada' }]
      )
    const answers = await Promise.all([api.get('/me'), api.get('/me'), api.get('/me')])
    expect(answers.map(({ data }) => data)).toEqual(Array(3).fill({ name: 'Ada' }))
    expect(sentTokens()).toEqual([...Array(3).fill(tokenOf(1)), ...Array(3).fill(tokenOf(2))])
  })

  it('can re-issue the token', async () => {
    const { auth, api, mock } = await setUp()
    mock.onGet('/me').replyOnce(200, {}, { authorization: `Bearer ${tokenOf(5)}` })
    const { headers } = await api.get('/me')
    expect(await auth.getAccessToken()).toBe(tokenOf(5))
    expect(headers).not.toHaveProperty('authorization')
  })

  it('rejects with mocked failures, and with an error without the token for an unknown URL', async () => {
    const { auth, api, mock } = await setUp()
    mock.onGet('/down').networkError()
    await expect(api.get('/down')).rejects.toMatchObject({ message: 'Network Error' })
    const strict = axios.create({ baseURL })
    auth.attach(strict)
    new MockAdapter(strict, { onNoMatch: 'throwException' }).onGet('/other').reply(200)
    const { message } = await strict.get('/unknown').catch((error) => error)
    expect(message).toContain('Could not find mock')
    expect(message).not.toContain(tokenOf(1))
  })
})

it('is not sent a token if the mocked URL has another origin', async () => {
  const { auth, signIn } = createClient('https://api.example.com')
  await signIn()
  const mock = new MockAdapter(auth.axios)
  mock.onGet('https://other.example/me').reply(401)
  const { response } = await auth.axios.get('https://other.example/me').catch((error) => error)
  expect(response.status).toBe(401)
  expect(mock.history[0]?.headers).not.toHaveProperty('Authorization')
})
