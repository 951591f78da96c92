// Engines with less: the client signs in and out without WebCrypto, and names a missing URL parser.
import { createAuthClient, isAuthError } from 'everbearer'
import { afterEach, expect, it, vi } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'

afterEach(() => void vi.unstubAllGlobals())

it('signs in, refreshes and signs out in an engine without WebCrypto, such as Hermes', async () => {
  vi.stubGlobal('crypto', undefined)
  const { auth, sentTo } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'first', expires_in: 300 }),
      'POST /refresh': () => json(200, { access_token: 'second', expires_in: 300 }),
      'POST /logout': () => json(200, {})
    })
  )
  await auth.login(credentials)
  await auth.refresh()
  expect(await auth.getAccessToken()).toBe('second')
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(auth.getState().status).toBe('unauthenticated')
  expect(sentTo('/logout')).toHaveLength(1)
})

it('signs out at once even if the function for random IDs throws', async () => {
  let isBroken = false
  const { auth } = setUpServer(
    routes({ 'POST /login': () => json(200, { access_token: 'first', expires_in: 300 }) }),
    {
      platform: {
        randomId() {
          if (isBroken) throw new Error('no random numbers')
          return 'random'
        }
      }
    }
  )
  await auth.login(credentials)
  isBroken = true
  await auth.logout().catch(() => {})
  expect(auth.getState().status).toBe('unauthenticated')
})

it('names the missing URL parser of React Native in an AuthError', () => {
  vi.stubGlobal('URL', createReactNativeUrl())
  let failure: unknown
  try {
    createAuthClient({ baseURL: 'https://api.example.com' })
  } catch (error) {
    failure = error
  }
  expect(isAuthError(failure, 'ERR_AUTH_INVALID_OPTIONS')).toBe(true)
  expect(String(failure)).toContain('react-native-url-polyfill')
})

/** The class of React Native 0.72, of which most getters throw. */
function createReactNativeUrl() {
  const names = ['hash', 'host', 'hostname', 'origin', 'password', 'pathname', 'port', 'protocol']
  class ReactNativeUrl {
    readonly href: string
    constructor(url: string) {
      this.href = url
    }
  }
  for (const name of names) {
    Object.defineProperty(ReactNativeUrl.prototype, name, {
      get() {
        throw new Error(`URL.${name} is not implemented`)
      }
    })
  }
  return ReactNativeUrl
}
