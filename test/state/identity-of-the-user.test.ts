// Identity of the user: when `getState().user` is another object, for profiles of any kind.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { ada, grace, setUpClient } from '../support/setups/test-client.ts'
import { uncaughtErrors } from '../support/uncaught-errors.ts'

function setUp(profile: (sub: unknown) => unknown) {
  const contract = {
    user: { profile: ({ claims }: { claims?: unknown }) => profile(subOf(claims)) }
  }
  const setup = setUpClient({ contract } as AuthClientOptions)
  return { ...setup, userOf: () => setup.auth.getState().user as unknown }
}

const subOf = (claims: unknown) => (claims as { sub?: unknown } | undefined)?.sub

it('is another object for another user, although both profiles have the same JSON', async () => {
  const { auth, userOf } = setUp(() => ({ name: 'same' }))
  await auth.login(ada)
  const first = userOf()
  await auth.refresh()
  expect(userOf()).toBe(first)
  await auth.login(grace)
  expect(userOf()).not.toBe(first)
})

it.each([
  ['a Map', (sub: unknown) => new Map([['sub', sub]])],
  ['a Map in an object', (sub: unknown) => ({ roles: new Map([['sub', sub]]) })],
  ['a function in an object', (sub: unknown) => ({ name: () => sub })]
])('shows the next user if the JSON of a profile hides it: %s', async (_, profile) => {
  const { auth, userOf } = setUp(profile)
  await auth.login(ada)
  const first = userOf()
  await auth.refresh()
  expect(userOf()).not.toBe(first)
})

it.each([
  ['a date in an object', () => ({ since: new Date(0) })],
  ['a list', () => [{ name: 'Ada' }]],
  ['a text', () => 'Ada']
])('is the same object after a refresh if its JSON is equal: %s', async (_, profile) => {
  const { auth, userOf } = setUp(profile)
  await auth.login(ada)
  const first = userOf()
  await auth.refresh()
  expect(userOf()).toBe(first)
})

it('ignores a promise as the profile and as the ID, and reports it as uncaught', async () => {
  const errors = uncaughtErrors()
  const user = { profile: async () => ({ name: 'Ada' }), id: async () => '1' }
  const { auth, idle } = setUpClient({ contract: { user } } as unknown as AuthClientOptions)
  await auth.login(ada)
  await idle()
  expect(auth.getState()).toMatchObject({ status: 'authenticated', user: undefined })
  expect(errors.map(String)).toEqual([
    expect.stringContaining('contract.user.id returned a promise'),
    expect.stringContaining('contract.user.profile returned a promise')
  ])
})

it('does not change with the object that login() returns', async () => {
  const contract = { user: { profile: 'user' } } as const
  const { auth, browser } = setUpClient({ contract } as AuthClientOptions)
  const body = JSON.stringify({ access_token: 'a1', user: { name: 'Ada' } })
  const response = { status: 200, headers: [], setCookies: [], body }
  browser.intercept('/login', { kind: 'answer', response })
  const answer = await auth.login<{ user: { name: string } }>(ada)
  answer.user.name = 'changed'
  expect(auth.getState().user).toEqual({ name: 'Ada' })
})
