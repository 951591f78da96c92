// Canary hunt: finds every leaked token and names the place.
import axios from 'axios'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuthError } from '../../src/lib/errors.ts'
import { createEmitter } from '../../src/lib/listeners.ts'
import type { AuthEvents } from '../../src/session/events.ts'
import { projects } from '../../vitest.config.ts'
import { canaryHunter, createCanaryHunter, terminal } from '../support/hunt/canary.ts'
import { ada, createTestBed, type TestBed } from '../support/worlds/test-client.ts'
import { apiOrigin } from '../support/worlds/virtual-browser.ts'

interface Plot {
  readonly bed: TestBed
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
    ({ token, bed: { browser } }) =>
      axios
        .create({ baseURL: apiOrigin, adapter: browser.adapter })
        .get('/missing', { headers: { Authorization: `Bearer ${token}x` } })
        .catch(() => {})
  ],
  [
    'an event',
    /event signed-out\.reason/,
    ({ token }) => createEmitter<AuthEvents>().emit('signed-out', { reason: token as never })
  ],
  [
    'the client',
    /client\.current; .*client, printed; client, as JSON/,
    ({ token, bed: { auth } }) => Object.assign(auth, { current: token })
  ],
  [
    'storage',
    /storage/,
    ({ token, bed: { browser } }) => browser.platform.storage?.setItem('session', token)
  ],
  ['a global', /globalThis\.leak/, ({ token }) => Object.assign(globalThis, { leak: { token } })],
  ['a URL', /URL/, ({ token, bed: { auth } }) => auth.axios.get(`/me?access_token=${token}`)]
]

describe('the canary hunt finds a token', () => {
  it.each(plots)('leaked in %s', async (_, where, plant) => {
    const bed = createTestBed()
    await bed.auth.login(ada)
    await plant({ bed, token: await bed.auth.getAccessToken() })
    expect(() => canaryHunter.inspect()).toThrow(where)
    Reflect.deleteProperty(bed.auth, 'current')
    Reflect.deleteProperty(globalThis, 'leak')
    bed.browser.storage.removeItem('session')
    expect(() => canaryHunter.inspect()).not.toThrow()
  })

  it('if it is a refresh token', async () => {
    const { server } = createTestBed()
    const request = {
      method: 'POST',
      url: `${apiOrigin}/login`,
      headers: [['Content-Type', 'application/json']] as const,
      body: JSON.stringify(ada)
    }
    const { setCookies } = await server.handle(request)
    expect(setCookies).toHaveLength(1)
    console.log(setCookies[0]?.split(';')[0])
    expect(() => canaryHunter.inspect()).toThrow('A token got out: console.log.')
  })

  it('if it was re-issued, and also the token before it', async () => {
    const { auth, server } = createTestBed()
    await auth.login(ada)
    const first = await auth.getAccessToken()
    server.rotateKey()
    await auth.axios.get('/me')
    const second = await auth.getAccessToken()
    expect(second).not.toBe(first)
    for (const token of [first, second]) {
      console.log(token)
      expect(() => canaryHunter.inspect()).toThrow(/console\.log/)
    }
  })
})

it('does not mistake claims and key IDs for a token', async () => {
  const { auth, server, events } = createTestBed()
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
  expect(() => canaryHunter.inspect()).not.toThrow()
})

it('knows every token of many concurrent sign-ins', async () => {
  const before = canaryHunter.knownSecrets()
  const { auth } = createTestBed()
  await auth.login(ada)
  for (let time = 0; time < 50; time += 1) await auth.refresh()
  // An access token and a refresh token for each, and the key.
  expect(canaryHunter.knownSecrets() - before).toBeGreaterThanOrEqual(2 * 51)
})

it('ignores leaks that a test declares, but only in the declared places', () => {
  const hunter = createCanaryHunter()
  hunter.learn('a-secret-of-some-length')
  for (const place of ['URL', 'URLs', 'stderr']) hunter.readText(place, 'a-secret-of-some-length')
  hunter.pardon(/^(URL|console)$/)
  expect(() => hunter.inspect()).toThrow('A token got out: URLs; stderr.')
})

it('is active in every suite', () => {
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

it('finds every fragment of 23 characters, also in cyclic objects', () => {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(30))).toString('base64url')
  const hunter = createCanaryHunter()
  hunter.learn(secret)
  for (let at = 0; at + 23 <= secret.length; at += 1) {
    hunter.readText(`from ${at}`, `"${secret.slice(at, at + 23)}"`)
    expect(() => hunter.inspect()).toThrow(`A token got out: from ${at}.`)
  }
  const graph: { readonly list: unknown[]; self?: unknown } = {
    list: [new Map([['a', new Set([secret])]])]
  }
  graph.self = graph
  hunter.readValue('graph', graph)
  expect(() => hunter.inspect()).toThrow('A token got out: graph.list.0.a.member.')
})
