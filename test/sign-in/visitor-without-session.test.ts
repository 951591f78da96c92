// I14: `initializing` ends if the server answers the restore of a visitor without a token.
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): WireResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: Object.entries(headers), setCookies: [], body: text }
}

const html = '<!doctype html><title>Page</title>'
const asHtml = { 'Content-Type': 'text/html' }

const definite: readonly [string, WireResponse][] = [
  ['400 invalid_request', answer(400, { error: 'invalid_request' })],
  ['400 with a text', answer(400, 'no refresh token')],
  ['404', answer(404, { message: 'no session' })],
  ['404 in HTML, as Express answers', answer(404, html, asHtml)],
  ['419', answer(419, { message: 'CSRF token mismatch.' })],
  ['422', answer(422, { errors: [] })],
  ['440', answer(440, '')],
  ['498', answer(498, '')],
  ['204', answer(204, '')],
  ['200 with null', answer(200, null)],
  ['200 with {user: null}', answer(200, { user: null })],
  ['200 with {success: false}', answer(200, { success: false })]
]

it.each(definite)(
  'becomes unauthenticated and sends public requests if the server answers a visitor with %s',
  async (_, response) => {
    const setup = setUpClient({ restore: 'always' })
    await setup.idle()
    setup.auth.dispose()
    setup.browser.intercept('/refresh', { kind: 'answer', response }, 9)
    const auth = setup.reload()
    const request = auth.axios.get('/public', { validateStatus: () => true })
    expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
    await request
    expect(setup.browser.requests.at(-1)).toMatchObject({ url: expect.stringMatching(/public$/) })
    expect(setup.browser.requests.at(-1)?.headers.Authorization).toBe(undefined)
    setup.clock.tick(600_000)
    await setup.idle()
    const refreshes = setup.browser.requests.filter(({ url }) => url.endsWith('/refresh'))
    expect(refreshes).toHaveLength(2)
  }
)

const inconclusive: readonly [string, WireResponse][] = [
  ['408', answer(408, '')],
  ['429', answer(429, '')],
  ['500', answer(500, '')],
  ['503', answer(503, '')],
  ['a captive portal’s 200 in HTML', answer(200, html, asHtml)],
  ['404 with Retry-After', answer(404, '', { 'Retry-After': '5' })],
  ['407 with a challenge of a proxy', answer(407, '', { 'WWW-Authenticate': 'Basic realm="p"' })]
]

it.each(inconclusive)(
  'stays in `initializing` and retries if the answer to a visitor is %s',
  async (_, response) => {
    const setup = setUpClient({ restore: 'never' })
    setup.browser.intercept('/refresh', { kind: 'answer', response })
    const auth = setup.reload({ restore: 'always' })
    expect(await auth.ready()).toMatchObject({ status: 'initializing', degraded: {} })
    setup.clock.tick(10_000)
    await setup.idle()
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  }
)

it.each(definite.filter(([name]) => name !== '400 invalid_request'))(
  'keeps a session that is known if the server answers a refresh with %s',
  async (_, response) => {
    const setup = setUpClient()
    await setup.auth.login(ada)
    setup.browser.intercept('/refresh', { kind: 'answer', response })
    await setup.auth.refresh().catch(() => {})
    expect(setup.auth.getState()).toMatchObject({ status: 'authenticated', degraded: {} })
  }
)

it('signs in after the server said that there is no session', async () => {
  const setup = setUpClient({ restore: 'never' })
  setup.browser.intercept('/refresh', { kind: 'answer', response: answer(404, '') })
  const auth = setup.reload({ restore: 'always' })
  await auth.ready()
  await auth.login(ada)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(auth.getRefreshStatus().lastOutcome).toMatchObject({ kind: 'rejected', status: 404 })
})
