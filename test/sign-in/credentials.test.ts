// What login() sends is what it was given, and checked.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'

function arrange() {
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

it('sends the credentials as they were, though the app wipes them as soon as login() is called', async () => {
  const { auth, bodies } = arrange()
  const credentials = { email: 'ada@example.com', password: 'lovelace' }
  const signingIn = auth.login(credentials)
  credentials.password = ''
  await signingIn
  expect(bodies).toEqual(['{"email":"ada@example.com","password":"lovelace"}'])
})

it('asks toJSON once', async () => {
  const { auth } = arrange()
  let asked = 0
  await auth.login({ toJSON: () => ({ asked: ++asked }) })
  expect(asked).toBe(1)
})
