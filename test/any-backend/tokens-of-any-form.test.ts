// Tokens of any form: the client sends every token that fits into a header, as it was issued.
import { expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { jwt } from '../support/tokens.ts'

/** A server that issues this answer and accepts the token in it. */
function serverThatIssues(body: { readonly access_token: string }) {
  return routes({
    'POST /login': () => json(200, body),
    'POST /refresh': () => json(200, body),
    'GET /me': ({ token }) => json(token === body.access_token ? 200 : 401, {})
  })
}

const sanctumToken = '7|Tfq3mXcJk0m4LxC1s9uV8bQ2nR5wYzA6eGhDpKtJ'

it('signs in with a Laravel Sanctum token, which contains a bar', async () => {
  const { auth } = setUpServer(serverThatIssues({ access_token: sanctumToken }))
  await auth.login(credentials)
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('signs in with a Laravel Sanctum token that a function of the app returns', async () => {
  const { auth } = setUpServer(serverThatIssues({ access_token: sanctumToken }))
  await auth.login(async () => ({ access_token: sanctumToken }))
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(await auth.getAccessToken()).toBe(sanctumToken)
})

it('signs in with a token that contains every visible ASCII character', async () => {
  const token = '!#$%&\'()*+,-./:;<=>?@[]^_`{|}~"\\'
  const { auth } = setUpServer(serverThatIssues({ access_token: token }))
  await auth.login(credentials)
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it.each([
  ['a blank', 'one two'],
  ['a line break', 'one\r\nX-Other: two'],
  ['a control character', 'one\u0000two'],
  ['a letter that is not ASCII', 'tokén'],
  ['no character', '']
])('rejects a token that cannot stand in a header, because it has %s', async (_, token) => {
  const { auth } = setUpServer(serverThatIssues({ access_token: token }))
  await expect(auth.login(credentials)).rejects.toMatchObject({
    code: 'ERR_AUTH_RESPONSE_MALFORMED'
  })
})

it.each([13_301, 65_000])(
  'signs in with a token of %d characters, which lists hundreds of roles',
  async (length) => {
    const short = jwt({ sub: '1', exp: 4_000_000_000, roles: '' })
    const roles = 'r'.repeat(Math.floor(((length - short.length) * 3) / 4))
    const token = jwt({ sub: '1', exp: 4_000_000_000, roles }).padEnd(length, 'A')
    const { auth } = setUpServer(serverThatIssues({ access_token: token }))
    await auth.login(credentials)
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
)

it.each(['JWT', 'Token', 'BearerToken', 'access_token', '', 'Bearer ', 'bearer'])(
  'sends the token as Bearer if the server names its type %j',
  async (token_type) => {
    const { auth, sentTo } = setUpServer(
      serverThatIssues({ access_token: 'abc123', ...{ token_type } })
    )
    await auth.login(credentials)
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(sentTo('/me')[0]?.headers.get('Authorization')).toBe('Bearer abc123')
  }
)
