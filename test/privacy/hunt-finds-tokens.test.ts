// Canary hunt: finds every leaked token and names the place.
import axios from 'axios'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuthError } from '../../src/lib/errors.ts'
import { createEmitter } from '../../src/lib/listeners.ts'
import { type AuthEvents, eventNames } from '../../src/session/events.ts'
import { projects } from '../../vitest.config.ts'
import { canaryHunter, createCanaryHunter, terminal } from '../support/hunt/canary.ts'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

interface Plot {
  readonly setup: ClientSetup
  readonly token: string
}

// These tests print tokens.
beforeEach(() => {
  terminal.isMuted = true
})
afterEach(() => {
  terminal.isMuted = false
})

/** Each plot leaks a token on purpose. The hunt names the place. */
const plots: readonly [string, RegExp, (plot: Plot) => unknown][] = [
  ['a log line', /console\.log/, ({ token }) => console.log('signed in with', token)],
  ['an object in a log line', /console\.info/, ({ token }) => console.info({ token })],
  [
    'a fragment in a log line',
    /console\.warn/,
    ({ token }) => console.warn(`…${token.slice(-30, -6)}…`)
  ],
  ['standard error', /stderr/, ({ token }) => process.stderr.write(`${token.split('.').at(-1)}\n`)],
  [
    'the message of an AuthError',
    /AuthError\.message/,
    ({ token }) => new AuthError('ERR_AUTH_NETWORK', `could not send ${token}`)
  ],
  [
    'a property of an AuthError',
    /AuthError\.request\.header/,
    ({ token }) =>
      Object.assign(new AuthError('ERR_AUTH_NETWORK', 'failed'), { request: { header: token } })
  ],
  [
    'the config of an axios error',
    /AxiosError.*\.config\.headers\.Authorization/,
    ({ token, setup: { browser } }) =>
      axios
        .create({ baseURL: apiOrigin, adapter: browser.adapter })
        .get('/missing', { headers: { Authorization: `Bearer ${token}x` } })
        .catch(() => {})
  ],
  [
    'an event',
    /event signed-out\.reason/,
    ({ token }) =>
      createEmitter<AuthEvents>(eventNames).emit('signed-out', { reason: token as never })
  ],
  [
    'the client',
    /client\.current; .*client, printed; client, as JSON/,
    ({ token, setup: { auth } }) => Object.assign(auth, { current: token })
  ],
  [
    'storage',
    /storage/,
    ({ token, setup: { browser } }) => browser.platform.storage?.setItem('session', token)
  ],
  ['a global', /globalThis\.leak/, ({ token }) => Object.assign(globalThis, { leak: { token } })],
  ['a URL', /URL/, ({ token, setup: { auth } }) => auth.axios.get(`/me?access_token=${token}`)]
]

describe('the token hunt finds a token', () => {
  it.each(plots)('leaked in %s', async (_, where, plant) => {
    const setup = setUpClient()
    await setup.auth.login(ada)
    await plant({ setup, token: await setup.auth.getAccessToken() })
    expect(() => canaryHunter.check()).toThrow(where)
    Reflect.deleteProperty(setup.auth, 'current')
    Reflect.deleteProperty(globalThis, 'leak')
    setup.browser.storage.removeItem('session')
    expect(() => canaryHunter.check()).not.toThrow()
  })

  it('if it is a refresh token', async () => {
    const { server } = setUpClient()
    const request = {
      method: 'POST',
      url: `${apiOrigin}/login`,
      headers: [['Content-Type', 'application/json']] as const,
      body: JSON.stringify(ada)
    }
    const { setCookies } = await server.handle(request)
    expect(setCookies).toHaveLength(1)
    console.log(setCookies[0]?.split(';')[0])
    expect(() => canaryHunter.check()).toThrow('A token leaked: console.log.')
  })

  it('if it was re-issued, and also the token before it', async () => {
    const { auth, server } = setUpClient()
    await auth.login(ada)
    const first = await auth.getAccessToken()
    server.rotateKey()
    await auth.axios.get('/me')
    const second = await auth.getAccessToken()
    expect(second).not.toBe(first)
    for (const token of [first, second]) {
      console.log(token)
      expect(() => canaryHunter.check()).toThrow(/console\.log/)
    }
  })
})

it('the token hunt accepts claims and key IDs', async () => {
  const { auth, server, events } = setUpClient()
  await auth.login(ada)
  server.rotateKey()
  await auth.axios.get('/me')
  const [, claims = ''] = (await auth.getAccessToken()).split('.')
  console.log(
    events,
    server.calls,
    server.keys,
    auth.getState(),
    Buffer.from(claims, 'base64url').toString()
  )
  expect(() => canaryHunter.check()).not.toThrow()
})

it('the token hunt knows every token of many concurrent sign-ins', async () => {
  const before = canaryHunter.knownSecrets()
  const { auth } = setUpClient()
  await auth.login(ada)
  for (let time = 0; time < 50; time += 1) await auth.refresh()
  // An access token and a refresh token for each, and the key.
  expect(canaryHunter.knownSecrets() - before).toBeGreaterThanOrEqual(2 * 51)
})

it('the token hunt ignores earlier leaks only in the places that a test names', () => {
  const hunter = createCanaryHunter()
  hunter.learn('a-secret-of-some-length')
  for (const place of ['URL', 'URLs', 'stderr']) hunter.readText(place, 'a-secret-of-some-length')
  hunter.ignore(/^(URL|console)$/)
  expect(() => hunter.check()).toThrow('A token leaked: URLs; stderr.')
})

it('the token hunt is active in every test file', () => {
  const suites = Object.values(projects)
    .flat()
    .flatMap(({ test }) => test ?? [])
  const hunting = suites.filter(({ setupFiles = [] }) =>
    [setupFiles].flat().includes('test/support/hunt/canary-hunt.ts')
  )
  expect(suites.length).toBeGreaterThanOrEqual(7)
  expect(suites.filter((suite) => !hunting.includes(suite)).map(({ name }) => name)).toEqual([
    'long'
  ])
})

it('the token hunt finds every fragment of 23 characters, also in cyclic objects', () => {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(30))).toString('base64url')
  const hunter = createCanaryHunter()
  hunter.learn(secret)
  for (let at = 0; at + 23 <= secret.length; at += 1) {
    hunter.readText(`from ${at}`, `"${secret.slice(at, at + 23)}"`)
    expect(() => hunter.check()).toThrow(`A token leaked: from ${at}.`)
  }
  const graph: { readonly list: unknown[]; self?: unknown } = {
    list: [new Map([['a', new Set([secret])]])]
  }
  graph.self = graph
  hunter.readValue('graph', graph)
  expect(() => hunter.check()).toThrow('A token leaked: graph.list.0.a.member.')
})
