// I2, I10: a token that a request has used proved good, so its revocation costs no request of the
// app, however often it happens.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it.each([
  ['after a request has used it', false],
  ['directly after a re-issue', true]
])('fails no request if each token of a minute is revoked %s', async (_, rotates) => {
  const { auth, server, clock, idle } = setUpClient()
  await auth.login(ada)
  const statuses: unknown[] = []
  const send = () =>
    void auth.axios.get('/me').then(
      ({ status }) => statuses.push(status),
      ({ status, code }) => statuses.push(status ?? code)
    )
  for (let second = 0; second < 60; second += 1) {
    if (rotates) {
      server.rotateKey()
      send()
      await idle()
    }
    server.revokeAccessTokens()
    send()
    send()
    for (let step = 0; step < 10; step += 1) {
      clock.tick(100)
      await idle()
    }
  }
  for (let second = 0; second < 15; second += 1) {
    clock.tick(1000)
    await idle()
  }
  expect(new Set(statuses)).toEqual(new Set([200]))
})
