// I11: sign-in and sign-out win over whatever is in flight.
import { expect, it } from 'vitest'
import { ada, createTestBed, grace } from '../support/test-client.ts'

it('stays signed out when a refresh was in flight', async () => {
  const { auth, browser, callsTo, idle, eventNames } = createTestBed()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  const signingOut = auth.logout()
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  gate.release()
  expect(await signingOut).toEqual({ confirmed: true })
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(eventNames()).toEqual(['signed-in', 'refresh-started', 'signed-out'])
  // The sign-out took its turn, so it was the refreshed cookie that it cleared.
  expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})

it('stays signed out over a reload when a refresh was in flight', async () => {
  const { auth, browser, reload, idle } = createTestBed()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingOut = auth.logout()
  gate.release()
  await signingOut
  await idle()
  expect(await reload({ restore: 'always' }).ready()).toEqual({
    status: 'unauthenticated',
    reason: 'no-session'
  })
})

it('drops what was waiting for a token when the user signs out', async () => {
  const { auth, server, browser, callsTo, idle } = createTestBed()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const waiting = Array.from({ length: 5 }, () => auth.axios.get('/me'))
  await gate.arrived(1)
  await browser.turn()
  const signingOut = auth.logout()
  for (const request of waiting) {
    await expect(request).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  }
  gate.release()
  await signingOut
  await idle()
  expect(callsTo('me').filter((call) => call.status === 200)).toHaveLength(0)
})

it('does not let a token that was re-issued before the sign-out revive the session', async () => {
  const { auth, server, browser } = createTestBed()
  await auth.login(ada)
  server.rotateKey()
  const gate = browser.hold('/me')
  const request = auth.axios.get('/me')
  await gate.arrived(1)
  await auth.logout()
  gate.release()
  await request
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it('discards a sign-in that is answered after a sign-out', async () => {
  const { auth, browser, reload } = createTestBed()
  const gate = browser.hold('/login')
  const signingIn = auth.login(ada)
  await gate.arrived(1)
  const signingOut = auth.logout()
  gate.release()
  await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await signingOut
  expect(auth.getState().status).toBe('unauthenticated')
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('lets the later of two sign-ins win', async () => {
  const { auth, browser } = createTestBed()
  const gate = browser.hold('/login')
  const first = auth.login(ada)
  await gate.arrived(1)
  const second = auth.login(grace)
  gate.release()
  await expect(first).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await second
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: grace.email })
})

it('does not send the next user’s token with a request of the user before', async () => {
  const { auth, server, browser, callsTo } = createTestBed()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/me')
  const ofAda = auth.axios.get('/me')
  await gate.arrived(1)
  await auth.login(grace)
  gate.release()
  await expect(ofAda).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(callsTo('me')).toHaveLength(1)
  expect(auth.getState().status).toBe('authenticated')
})

it('keeps the session when signing in as somebody else fails', async () => {
  const { auth } = createTestBed()
  await auth.login(ada)
  await expect(auth.login({ ...grace, password: 'wrong' })).rejects.toMatchObject({
    code: 'ERR_AUTH_LOGIN_REJECTED'
  })
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: ada.email })
})

it('remembers over a reload a sign-out that the server has not heard of, and delivers it', async () => {
  const { auth, browser, reload, callsTo, idle } = createTestBed()
  await auth.login(ada)
  browser.trouble('/logout', { kind: 'unreachable' }, 2)
  expect(await auth.logout()).toEqual({ confirmed: false })
  auth.dispose()

  const next = reload({ restore: 'always' })
  expect(next.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  browser.wake('online')
  await idle()
  expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
  expect(browser.storage.entries.size).toBe(0)
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('forgets an undelivered sign-out when the user signs in again', async () => {
  const { auth, browser, reload, callsTo } = createTestBed()
  await auth.login(ada)
  browser.trouble('/logout', { kind: 'unreachable' })
  await auth.logout()
  await auth.login(ada)
  browser.wake('online')
  expect(browser.storage.entries.size).toBe(0)
  expect((await reload({ restore: 'always' }).ready()).status).toBe('authenticated')
  expect(callsTo('logout')).toHaveLength(0)
})

it('signs out where the storage is blocked', async () => {
  const blocked = () => {
    throw new Error('blocked')
  }
  const storage = { getItem: blocked, setItem: blocked, removeItem: blocked }
  const { auth } = createTestBed({ platform: { storage } })
  await auth.login(ada)
  expect(await auth.logout()).toEqual({ confirmed: true })
})
