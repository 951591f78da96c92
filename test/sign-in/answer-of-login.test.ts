// Answer of login(): the body without the tokens, for the app.
import { expect, it } from 'vitest'
import { byRefreshToken } from '../support/setups/contracts.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const user = { id: 7, name: 'Ada', roles: ['admin'] }

it('is the body of the answer without the tokens', async () => {
  const { auth, browser } = setUpClient({ contract: byRefreshToken })
  const body = JSON.stringify({ access_token: 'a1', refresh_token: 'r1', expires_in: 300, user })
  const response = { status: 200, headers: [], setCookies: [], body }
  browser.intercept('/login', { kind: 'answer', response })
  const answer = await auth.login<{ user: typeof user }>(ada)
  expect(answer.user).toEqual(user)
  expect(JSON.stringify(answer)).not.toMatch(/a1|r1/)
  expect(await auth.getAccessToken()).toBe('a1')
})

it('is the result of the function given to login(), without the tokens', async () => {
  const { auth } = setUpClient()
  const answer = await auth.login(async () => ({ access_token: 'a1', refresh_token: 'r1', user }))
  expect(answer).toMatchObject({ user })
  expect(JSON.stringify(answer)).not.toMatch(/a1|r1/)
})

it('resolves only after the state has changed', async () => {
  const { auth } = setUpClient()
  const signingIn = auth.login(ada).then(() => auth.getState())
  expect(await signingIn).toMatchObject({ status: 'authenticated', user: { sub: 'user-1' } })
})
