// I4, I14: restore() ends a session that the client knows only if the server rejects it explicitly.
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

function answer(status: number, body: unknown): WireResponse {
  return { status, headers: [], setCookies: [], body: JSON.stringify(body) }
}

it.each([
  ['404', answer(404, { message: 'Not Found' })],
  ['400 with a message', answer(400, { message: 'no cookie' })],
  ['200 without a token', answer(200, { maintenance: true })]
])('rejects and keeps the signed-in user if the server answers %s', async (_, response) => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  browser.intercept('/refresh', { kind: 'answer', response })
  await expect(auth.restore()).rejects.toMatchObject({ name: 'AuthError' })
  expect(auth.getState().status).toBe('authenticated')
  expect(await auth.getAccessToken()).toBe(token)
})

it('keeps the session of the other tabs if the server answers 404', async () => {
  const { openTab, pass, browser } = setUpTabs()
  const first = openTab()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const second = openTab()
  await pass(600)
  browser.intercept('/refresh', { kind: 'answer', response: answer(404, {}) })
  const restoring = second.auth.restore().catch(() => {})
  await pass(600)
  await restoring
  expect(first.auth.getState().status).toBe('authenticated')
  expect(second.auth.getState().status).toBe('authenticated')
})

it('becomes unauthenticated if the server answers 404 and the client knows no session', async () => {
  const { auth, browser, reload } = setUpClient()
  browser.intercept('/refresh', { kind: 'answer', response: answer(404, {}) }, 2)
  expect(await auth.restore()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  auth.dispose()
  expect((await reload().restore()).status).toBe('unauthenticated')
})

it('keeps the hint of an earlier sign-in if the server answers 404', async () => {
  const { auth, browser, reload } = setUpClient({ restore: 'hint' })
  await auth.login(ada)
  auth.dispose()
  browser.intercept('/refresh', { kind: 'answer', response: answer(404, {}) }, 5)
  const next = reload()
  await expect(next.restore()).rejects.toMatchObject({ code: 'ERR_AUTH_SERVER_ERROR' })
  expect(next.getState().status).toBe('initializing')
  expect(browser.storedSession()).toBe('live')
})

it('keeps an unconfirmed sign-out, which is sent afterwards, if the server answers 404', async () => {
  const { auth, browser, callsTo, idle, reload } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  expect(await auth.logout()).toEqual({ confirmed: false })
  auth.dispose()
  browser.intercept('/refresh', { kind: 'answer', response: answer(404, {}) })
  const next = reload()
  expect((await next.restore()).status).toBe('unauthenticated')
  await idle()
  expect(callsTo('logout')).toHaveLength(1)
  next.dispose()
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('keeps a stored refresh token if the server answers a page load with 404', async () => {
  let stored: string | undefined = 'r1'
  let status = 404
  const { reload, clock, settle } = setUpServer(
    routes({
      'POST /refresh': () => json(status, { access_token: status === 200 ? 't1' : undefined })
    }),
    {
      contract: { refresh: { credential: 'refresh-token' } },
      refreshTokenStore: {
        get: () => stored,
        set(token) {
          stored = token
        },
        remove() {
          stored = undefined
        }
      }
    }
  )
  const auth = reload({ restore: 'always' })
  expect(await auth.ready()).toMatchObject({ status: 'initializing', degraded: {} })
  await expect(auth.restore()).rejects.toMatchObject({ code: 'ERR_AUTH_SERVER_ERROR' })
  expect(stored).toBe('r1')
  status = 200
  clock.tick(60_000)
  await settle()
  expect(auth.getState().status).toBe('authenticated')
})

it('ends the session if the server rejects it', async () => {
  const { auth } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 't1' }),
      'POST /refresh': () => json(401, {})
    })
  )
  await auth.login(credentials)
  expect(await auth.restore()).toEqual({
    status: 'unauthenticated',
    reason: 'session-expired',
    user: undefined
  })
})
