// Prototype pollution: a polluted Object.prototype has no effect, and no input pollutes it.
import axios from 'axios'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { readOAuthError } from '../../src/auth-api/answers/answer.ts'
import { readClaims } from '../../src/lib/access-token.ts'
import { createPlatform } from '../../src/lib/platform.ts'
import { resolveOptions } from '../../src/resolve-options.ts'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { byAccessToken, byRefreshToken } from '../support/setups/contracts.ts'
import { ada, eventNames, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin, createVirtualBrowser, pageOrigin } from '../support/setups/virtual-browser.ts'
import { polluted, whilePolluted } from '../support/tables/prototype-pollution.ts'
import { pairs } from '../support/tier.ts'
import { readTokenResponse } from '../support/tokens.ts'

/** Runs a session from sign-in to sign-out, and returns everything observable. */
async function live(pollution: readonly [string, unknown] | undefined): Promise<unknown> {
  const clock = createManualClock()
  const server = createMockAuthServer({
    allowedOrigins: [pageOrigin],
    users: [ada],
    keys: [{ kid: 'a', secret: 'a secret of at least 32 bytes, for tests' }],
    now: clock.trueNow
  })
  const browser = createVirtualBrowser(server)
  const platform = {
    ...clock.platform,
    ...browser.platform,
    random: () => 0.5,
    randomId: () => 'id'
  }
  const seen: unknown[] = []
  const run = async () => {
    const auth = createAuthClient({ baseURL: apiOrigin, restore: 'never', platform })
    const attached = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
    auth.axios.defaults.adapter = browser.adapter
    auth.attach(attached)
    for (const name of eventNames) auth.on(name, (event) => seen.push([name, event]))
    const note = async (promise: Promise<unknown>) => {
      seen.push(
        await promise.then(
          (value) => [
            ...Object.entries(value ?? {}).filter(([name]) => ['status', 'data'].includes(name))
          ],
          (error) => [error.name, error.code, error.message]
        )
      )
      const { user, ...state } = auth.getState()
      seen.push({ ...state, user: user?.sub }, clock.pendingTimers(), [...browser.storage.entries])
    }
    await note(auth.login(ada))
    await note(auth.axios.get('/items', { params: { page: 2 } }))
    await note(attached.post('/items', { name: 'berry' }))
    await note(auth.axios.put('https://evil.example/items', 'text'))
    server.rotateKey()
    await note(attached.get('/items'))
    server.revokeAccessTokens()
    await note(auth.axios.patch('/items', { name: 'straw' }))
    clock.tick(10_000)
    await note(auth.refresh())
    browser.intercept('/refresh', { kind: 'unreachable' })
    await note(auth.refresh())
    await note(auth.login({ ...ada, password: 'wrong' }))
    await note(auth.logout())
    await note(auth.axios.get('/items'))
    auth.dispose()
  }
  await (pollution === undefined ? run() : whilePolluted(...pollution, run))
  const text = JSON.stringify([seen, browser.requests])
  // Key IDs and signature times differ in each run.
  return JSON.parse(
    text.replace(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'TOKEN').replace(/key-\d[\w-]*/g, 'KEY')
  )
}

let clean: unknown

describe.each([
  ['an option of axios', polluted.axiosOptions],
  ['an option of the client', polluted.clientOptions],
  ['a member of an answer', polluted.wireNames],
  ['an option of fetch', polluted.fetchOptions]
])('%s on Object.prototype', (_, names) => {
  it.each(Object.entries(names))('has no effect: %s', async (name, value) => {
    clean ??= await live(undefined)
    expect(JSON.stringify(clean)).toContain('TOKEN')
    expect(await live([name, value])).toEqual(clean)
  })
})

it.each(Object.entries(polluted.clientOptions))(
  'ignores a client option on Object.prototype: %s',
  async (name, value) => {
    const given = { baseURL: apiOrigin, contract: {}, idlePolicy: {}, platform: {} }
    const environment = createPlatform()
    const resolve = (options: object) => resolveOptions(options, environment)
    const expected = resolve(given)
    expect(await whilePolluted(name, value, () => resolve(given))).toEqual(expected)
    expect(await whilePolluted(name, value, () => resolve({ ...given }))).toEqual(expected)
  }
)

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
const poison = '{"admin":true,"access_token":"evil","sub":"evil","exp":9999999999,"error":"evil"}'

/** Payloads that hold the poison under a key, at various depths. */
const shapes: readonly ((key: string) => string)[] = [
  (key) => `{"${key}":${poison}}`,
  (key) => `{"a":{"${key}":${poison}}}`,
  (key) => `{"a":[{"b":{"${key}":${poison}}}]}`,
  (key) => `{"__proto__":{"${key}":${poison}}}`,
  (key) => `{"constructor":{"prototype":${poison}},"${key}":${poison}}`,
  (key) => `{"${key}":${poison},"${key}":${poison}}`
]
const payloads = keys.flatMap((key) => shapes.map((shape) => ({ payload: shape(key) })))

const encode = (text: string) => Buffer.from(text).toString('base64url')

function expectCleanPrototypes(): void {
  for (const carrier of [{}, [], () => {}, '', 0, new Map(), new Error('clean')]) {
    expect('admin' in Object(carrier)).toBe(false)
    expect('access_token' in Object(carrier)).toBe(false)
  }
}

describe.each(payloads)('the JSON payload $payload', ({ payload }) => {
  it('adds no claim to a token', () => {
    const token = `${encode(payload)}.${encode(payload)}.c2ln`
    // `payload` is what the token holds; every other member is a claim that the client acts on.
    const { payload: _received, ...claims } = readClaims(token) ?? {}
    expect(Object.values(claims).filter((claim) => claim !== undefined)).toEqual([])
    expectCleanPrototypes()
  })

  it('is rejected as a token response', () => {
    expect(() => readTokenResponse(JSON.parse(payload))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_RESPONSE_MALFORMED' })
    )
    expect(readOAuthError(JSON.parse(payload))).toBe(undefined)
    expectCleanPrototypes()
  })

  it('does not change a valid token response beside it', () => {
    const body = JSON.parse(`{"access_token":"good","expires_in":300,${payload.slice(1)}`)
    expect(readTokenResponse(body)).toMatchObject({
      accessToken: 'good',
      refreshToken: undefined,
      expiresInSeconds: 300
    })
  })
})

it.each(
  pairs(
    keys.map((key) => ({ key })),
    shapes
  ).map(({ key, transport: shape }) => ({ payload: shape(key) }))
)(
  'keeps the session and its token if the refresh endpoint answers $payload',
  async ({ payload }) => {
    const { auth, browser } = setUpClient()
    await auth.login(ada)
    const token = await auth.getAccessToken()
    for (const status of [200, 400]) {
      const response = { status, headers: [], setCookies: [], body: payload }
      browser.intercept('/refresh', { kind: 'answer', response })
      await auth.refresh().catch((error) => expect(error.name).toBe('AuthError'))
    }
    expect(await auth.getAccessToken()).toBe(token)
    expectCleanPrototypes()
  }
)

it.each([
  ['accessToken', byAccessToken],
  ['refreshToken', byRefreshToken]
])('is not presented as the credential of a restore: %s', async (name, contract) => {
  const { browser, reload } = setUpClient()
  const restored = await whilePolluted(name, 'evil', () =>
    reload({ restore: 'always', contract }).ready()
  )
  expect(browser.requests).toEqual([])
  expect(restored.status).toBe('unauthenticated')
})

it.each(['dispatcher', 'duplex', 'integrity', 'mode', 'priority', 'window'])(
  'has no effect on the options of `fetch`: %s',
  async (name) => {
    const inherited: unknown[] = []
    const fetch = async (_: string, init: RequestInit) => {
      inherited.push(Reflect.get(init, name))
      return new Response('{"access_token":"good","expires_in":300}')
    }
    const { auth } = setUpClient({ platform: { fetch } })
    await whilePolluted(name, 'evil', () => auth.login(ada))
    expect(inherited).toEqual([undefined])
  }
)
