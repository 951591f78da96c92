// Users by any id: the client recognises another user by text, number or any claim.
import type { UserContract } from 'everbearer'
import { expect, it } from 'vitest'
import {
  type Arrived,
  credentials,
  json,
  routes,
  setUpServer
} from '../support/setups/hand-written-server.ts'
import { jwt } from '../support/tokens.ts'

/** The cookie of the browser becomes that of another user while the first is signed in. */
function setUpTwoUsers(
  claimsOf: (user: number) => Readonly<Record<string, unknown>>,
  user?: UserContract
) {
  let cookie = 1
  const forms: Arrived[] = []
  const issue = ({ atSeconds: iat }: Arrived) =>
    json(200, {
      access_token: jwt({ iat, exp: iat + 300, jti: crypto.randomUUID(), ...claimsOf(cookie) }),
      account: { id: cookie }
    })
  const setup = setUpServer(
    routes({
      'POST /login': issue,
      'POST /refresh': issue,
      'POST /form': (request) => {
        forms.push(request)
        return json(cookie === 1 || forms.length > 1 ? 200 : 401, {})
      }
    }),
    user === undefined ? {} : { contract: { user } }
  )
  return {
    ...setup,
    forms,
    becomeAnother() {
      cookie = 2
    }
  }
}

const ids: readonly (readonly [string, (user: number) => Readonly<Record<string, unknown>>])[] = [
  ['`sub` as text', (user) => ({ sub: String(user) })],
  ['`sub` as a number', (user) => ({ sub: user })],
  ['`user_id` as a number', (user) => ({ user_id: user })],
  ['`userId` as text', (user) => ({ userId: `u-${user}` })]
]

it.each(ids)(
  'does not send the form of one user as another who is named by %s',
  async (_, claimsOf) => {
    const { auth, forms, becomeAnother } = setUpTwoUsers(claimsOf)
    await auth.login(credentials)
    becomeAnother()
    await expect(auth.axios.post('/form', { note: 'of user 1' })).rejects.toMatchObject({
      code: 'ERR_AUTH_SESSION_CHANGED'
    })
    expect(forms).toHaveLength(1)
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  }
)

const named: readonly (readonly [string, UserContract['id']])[] = [
  ['a claim of the contract', 'https://app.example/account'],
  ['a path in the answer', { answer: 'account.id' }],
  ['a function', ({ claims }) => Number(claims?.['https://app.example/account'])]
]

it.each(named)('notices another user by %s', async (_, id) => {
  const { auth, forms, becomeAnother } = setUpTwoUsers(
    (user) => ({ 'https://app.example/account': user }),
    { id }
  )
  await auth.login(credentials)
  becomeAnother()
  await expect(auth.axios.post('/form')).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(forms).toHaveLength(1)
})

/** A server that names a user by the e-mail address, which the user changes. */
async function changeAddress(user: UserContract | undefined) {
  let address = 'ada@example.com'
  let isStale = false
  const issue = ({ atSeconds: iat }: Arrived) => {
    isStale = false
    return json(200, {
      access_token: jwt({ sub: address, uid: 7, iat, exp: iat + 300, jti: address })
    })
  }
  const { auth } = setUpServer(
    routes({
      'POST /login': issue,
      'POST /refresh': issue,
      'PATCH /me': ({ fields }) => {
        address = String(fields.email)
        isStale = true
        return json(200, {})
      },
      'GET /me': () => json(isStale ? 401 : 200, { address })
    }),
    user === undefined ? {} : { contract: { user } }
  )
  await auth.login(credentials)
  await auth.axios.patch('/me', { email: 'countess@example.com' })
  await auth.axios.get('/me').catch(() => {})
  return auth.getState()
}

it.each([
  ['the contract names the claim that stays', { id: 'uid' }],
  ['the contract says that users are not compared', { id: false }]
] as const)(
  'keeps a user signed in who changes the e-mail address in `sub`, if %s',
  async (_, user) => {
    expect(await changeAddress(user)).toMatchObject({
      status: 'authenticated',
      degraded: undefined
    })
  }
)

it('takes a changed `sub` for another user if the contract does not mention it', async () => {
  expect(await changeAddress(undefined)).toEqual({
    status: 'unauthenticated',
    reason: 'user-changed'
  })
})
