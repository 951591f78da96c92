// Full keepalive quota in Chromium: another script holds the 64 KiB of the page, and the auth
// requests get through anyway.
import { expect, it } from 'vitest'
import {
  ada,
  headerOf,
  ownOrigin,
  respond,
  withCors
} from '../../support/setups/trusted-and-foreign-origins.ts'
import { setUpPage } from './page-setup.ts'

const { origins, page, signIn, token } = setUpPage()

/** Sends a keepalive request with the largest body, which is not answered until `release()`. */
async function holdQuota(): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  origins.answer(
    '/track',
    withCors(async () => {
      await released
      return respond(204)
    })
  )
  await page().evaluate((url) => {
    const body = 'x'.repeat(65_536)
    fetch(url, { method: 'POST', mode: 'no-cors', keepalive: true, body }).catch(() => {})
  }, `${ownOrigin}/track`)
  await expect.poll(() => origins.callsTo('/track').length).toBe(1)
  return release
}

const attempt = (method: 'refresh' | 'logout') =>
  page().evaluate((name) => window.page.attempt(name), method)

it('refreshes, signs out and signs in with large credentials', async () => {
  const first = await signIn()
  const release = await holdQuota()
  const isBlocked = await page().evaluate(
    (url) =>
      fetch(url, { method: 'POST', keepalive: true, body: 'x' }).then(
        () => false,
        () => true
      ),
    `${ownOrigin}/me`
  )
  expect(isBlocked).toBe(true)
  await expect.poll(() => attempt('refresh'), { timeout: 10_000 }).toBe('done')
  expect(await token()).not.toBe(first)
  expect(await attempt('logout')).toBe('{"confirmed":true}')
  origins.answer(
    '/login',
    withCors(() => respond(200, {}, '{"access_token":"large-login"}'))
  )
  const credentials = { ...ada, attestation: 'a'.repeat(70_000) }
  const signingIn = page().evaluate((who) => window.page.attemptLogin(who), credentials)
  expect(await signingIn).toBe('done')
  const bodies = origins.callsTo('/login').map((call) => Number(headerOf(call, 'content-length')))
  expect(Math.max(...bodies)).toBeGreaterThan(65_536)
  release()
})
