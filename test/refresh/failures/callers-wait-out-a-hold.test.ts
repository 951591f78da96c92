// I5, I10: after a failed refresh, callers wait for the next one if it comes within their deadline.
import { expect, it } from 'vitest'
import { answers, hangs, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

/** Signs in, revokes the token, and lets the first refresh fail. */
async function failOnce(status: number, headers: Readonly<Record<string, string>> = {}) {
  const setup = setUpFaultyServer()
  await setup.auth.login(ada)
  setup.server.revokeAccessTokens()
  setup.fault('/refresh', answers(status, {}, headers))
  await expect(setup.auth.axios.get('/me')).rejects.toMatchObject({ status })
  return setup
}

it('resolves a request after the next refresh if a failed one holds it back for a second', async () => {
  const { auth, clock, browser, idle, sent } = await failOnce(503)
  const request = auth.axios.get('/me')
  await browser.settle()
  expect(sent('/refresh')).toBe(1)
  clock.tick(1_000)
  await idle()
  expect((await request).status).toBe(200)
  expect(sent('/refresh')).toBe(2)
})

it('rejects a request at once with the remembered failure if the server asked for a longer wait', async () => {
  const { auth, sent } = await failOnce(429, { 'Retry-After': '30' })
  await expect(auth.axios.get('/me')).rejects.toMatchObject({
    code: 'ERR_AUTH_SERVER_ERROR',
    status: 429,
    retryAfterMs: expect.any(Number),
    message:
      'No refresh was sent: the last one failed (status 429), and the next one may start in 31 s.'
  })
  expect(sent('/refresh')).toBe(1)
})

it('lets refresh() wait for a Retry-After that ends within its deadline', async () => {
  const { auth, clock, idle, sent } = await failOnce(429, { 'Retry-After': '5' })
  const refreshing = auth.refresh()
  clock.tick(4_900)
  await idle()
  expect(sent('/refresh')).toBe(1)
  clock.tick(700)
  await idle()
  await refreshing
  expect(sent('/refresh')).toBe(2)
})

it('lets waiting callers join a refresh() that does not wait', async () => {
  const { auth, browser, sent } = await failOnce(503)
  const request = auth.axios.get('/me')
  await browser.settle()
  await auth.refresh()
  expect((await request).status).toBe(200)
  expect(sent('/refresh')).toBe(2)
})

it('rejects a waiting caller with the failure of the refresh that it waited for', async () => {
  const { auth, clock, browser, idle, fault } = await failOnce(503)
  fault('/refresh', answers(500))
  const request = auth.axios.get('/me').catch((error) => error)
  await browser.settle()
  clock.tick(1_000)
  await idle()
  expect(await request).toMatchObject({ code: 'ERR_AUTH_SERVER_ERROR', status: 500 })
})

it('rejects a caller with ERR_AUTH_TIMEOUT if the refresh that it waited for is sent and not answered', async () => {
  const { auth, clock, browser, idle, fault, sent } = await failOnce(503)
  fault('/refresh', hangs)
  const request = auth.axios.get('/me').catch((error) => error)
  await browser.settle()
  clock.tick(1_000)
  await browser.settle()
  expect(sent('/refresh')).toBe(2)
  clock.tick(10_000)
  await idle()
  const error = await request
  expect(error).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  expect(error.message).toContain('still in flight')
})

it('ends a hold in time if the clock of the device is set back', async () => {
  const { auth, clock, idle } = await failOnce(429, { 'Retry-After': '30' })
  clock.step(-86_400_000)
  clock.tick(31_000)
  await idle()
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('does not hold a page load back for longer than six minutes if the clock was set back', async () => {
  const setup = await failOnce(429, { 'Retry-After': '300' })
  setup.auth.dispose()
  setup.clock.step(-1_000_000)
  const page = setup.reload({ restore: 'always' })
  for (let second = 0; second < 360; second += 1) {
    setup.clock.tick(1_000)
    await setup.idle()
  }
  expect(page.getState().status).toBe('authenticated')
})

it('rejects waiting callers at once with ERR_AUTH_DISPOSED if the client is disposed of', async () => {
  const { auth, browser, clock } = await failOnce(503)
  const token = auth.axios.get('/me')
  await browser.settle()
  auth.dispose()
  await expect(token).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  expect(clock.pendingTimers()).toBe(0)
})
