// Credentials: login() sends a checked copy of its argument.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'

function setUp() {
  const bodies: unknown[] = []
  const fetch = async (_: string, { body }: RequestInit) => {
    bodies.push(body)
    return Response.json({ access_token: 'token' })
  }
  const platform = { fetch }
  const auth = createAuthClient({ baseURL: 'http://localhost:1', restore: 'never', platform })
  onTestFinished(auth.dispose)
  return { auth, bodies }
}

it('sends the credentials as they were at the call if the app clears them right after it', async () => {
  const { auth, bodies } = setUp()
  const credentials = { email: 'ada@example.com', password: 'lovelace' }
  const signingIn = auth.login(credentials)
  credentials.password = ''
  await signingIn
  expect(bodies).toEqual(['{"email":"ada@example.com","password":"lovelace"}'])
})

it('calls toJSON of the credentials once', async () => {
  const { auth } = setUp()
  let asked = 0
  await auth.login({ toJSON: () => ({ asked: ++asked }) })
  expect(asked).toBe(1)
})
