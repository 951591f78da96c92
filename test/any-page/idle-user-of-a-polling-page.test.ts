// Idle user of a polling page: requests in the background are not activity.
import { expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

function setUpIdle() {
  return setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
      'POST /logout': () => json(200, {}),
      'GET /inbox': () => json(200, [])
    }),
    { idlePolicy: { signOutAfterSeconds: 2 } }
  )
}

it.each(['axios', 'fetch'] as const)(
  'signs an idle user out while the page polls over %s in the background',
  async (transport) => {
    const { auth, pass, sentTo } = setUpIdle()
    await auth.login(credentials)
    const everbearer = { background: true }
    for (let elapsedMs = 0; elapsedMs < 3_000; elapsedMs += 300) {
      await pass(300)
      if (transport === 'axios') await auth.axios.get('/inbox', { everbearer })
      else await auth.fetch(`${apiOrigin}/inbox`, { everbearer })
    }
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
    expect(sentTo('/inbox')[0]?.token).toBe('abc')
  }
)

it('keeps a user signed in who sends other requests', async () => {
  const { auth, pass } = setUpIdle()
  await auth.login(credentials)
  for (let elapsedMs = 0; elapsedMs < 9_000; elapsedMs += 300) {
    await pass(300)
    await auth.axios.get('/inbox')
  }
  expect(auth.getState().status).toBe('authenticated')
})
