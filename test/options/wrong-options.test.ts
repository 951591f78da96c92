// Wrong options: `createAuthClient()` throws, and the message names option, expectation and value.
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { expect, it } from 'vitest'

it.each([
  [{ baseURL: 'http://api.example.com' }, 'baseURL', 'http://api.example.com'],
  [{ baseURL: 'ftp://api.example.com' }, 'baseURL', 'ftp:'],
  [{ baseURL: 'localhost:4000' }, 'baseURL', 'did you leave out'],
  [{ baseURL: 'api.example.com' }, 'baseURL', 'did you leave out'],
  [{ baseURL: '//evil', trustedOrigins: null }, 'trustedOrigins', 'null'],
  [{ contract: { refersh: '/r' } }, 'contract.refersh', 'no such option; did you mean refresh?'],
  [{ contract: null }, 'contract', 'null'],
  [{ contract: 'x' }, 'contract', '"x"'],
  [{ name: 'a b' }, 'name', '"a b"'],
  [{ allowInsecureRequests: 1 }, 'allowInsecureRequests', '1'],
  [{ refreshTokenStore: 7 }, 'refreshTokenStore', 'the methods get, set and remove; received 7'],
  [{ refreshTokenStore: { get() {} } }, 'refreshTokenStore.set', 'expected a function'],
  [{ platform: 7 }, 'platform', '7'],
  [{ platform: { fech: 1 } }, 'platform.fech', 'no such option; did you mean fetch?'],
  [{ platform: { fetch: 42 } }, 'platform.fetch', '42'],
  [{ platform: { warn: 'console' } }, 'platform.warn', 'console'],
  [{ baseURL: 'https://' }, 'baseURL', 'https://'],
  [{ baseURL: 42 }, 'baseURL', '42'],
  [{ baseURL: 'https://user:secret@api.example.com' }, 'baseURL', 'without a user name'],
  [{ refreshBeforeExpirySeconds: -1 }, 'refreshBeforeExpirySeconds', '-1'],
  [{ refreshBeforeExpirySeconds: Number.NaN }, 'refreshBeforeExpirySeconds', 'NaN'],
  [{ refreshBeforeExpirySeconds: '60' }, 'refreshBeforeExpirySeconds', '"60"'],
  [{ refreshTimeoutMs: 0 }, 'refreshTimeoutMs', '0'],
  [
    { refreshTimeoutMs: 5_000, refreshAbandonMs: 1_000 },
    'refreshAbandonMs',
    'at least refreshTimeoutMs, which is 5000; received 1000'
  ],
  [{ lockTimeoutMs: Infinity }, 'lockTimeoutMs', 'Infinity'],
  [{ restore: 'sometimes' }, 'restore', '"sometimes"'],
  [{ lateAnswers: 'none' }, 'lateAnswers', '"none"'],
  [{ spreadRefreshes: 'yes' }, 'spreadRefreshes', '"yes"'],
  [{ trustedOrigins: 'https://api.example.com' }, 'trustedOrigins', '"https://api.example.com"'],
  [{ trustedOrigins: ['https://api.example.com/path'] }, 'trustedOrigins', '/path'],
  [{ trustedOrigins: ['*.example.com'] }, 'trustedOrigins[0]', '*.example.com'],
  [{ trustedOrigins: ['http://api.example.com'] }, 'trustedOrigins', 'http://api.example.com'],
  [{ baseUrl: 'https://api.example.com' }, 'baseUrl', 'no such option; did you mean baseURL?'],
  [{ nonce: 'x' }, 'nonce', 'no such option; the options are baseURL, contract, '],
  [null, 'createAuthClient(): options', 'expected an object; received null']
])('rejects the options %j', (options, name, received) => {
  let error: unknown
  try {
    createAuthClient(options as AuthClientOptions)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(String(error)).toContain(name)
  expect(String(error)).toContain(received)
  expect(String(error)).not.toContain('secret')
})

it.each([
  {},
  { baseURL: undefined, contract: { login: undefined }, platform: { fetch: undefined } },
  { baseURL: '/api' },
  { baseURL: 'https://api.example.com/v1/' },
  { baseURL: 'http://localhost:4000' },
  { baseURL: 'http://127.0.0.1:4000' },
  { baseURL: 'http://[::1]:4000' },
  { refreshBeforeExpirySeconds: 0, lockTimeoutMs: 0, refreshTimeoutMs: 1 }
])('accepts the options %j', (options) => {
  createAuthClient(options as AuthClientOptions).dispose()
})

it('names the relative baseURL when a sign-in outside a page cannot resolve it', async () => {
  const auth = createAuthClient({ baseURL: '/api' })
  await expect(auth.login({ email: 'a', password: 'b' })).rejects.toMatchObject({
    code: 'ERR_AUTH_INVALID_OPTIONS',
    message: expect.stringContaining('"/api"')
  })
  auth.dispose()
})

it('ignores options on a polluted Object.prototype', () => {
  const polluted = {
    baseURL: 'https://evil.example',
    platform: { pageUrl: () => 'https://evil.example' }
  }
  for (const [name, value] of Object.entries(polluted)) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true })
  }
  try {
    const auth = createAuthClient({})
    expect(auth.axios.defaults.baseURL).toBe('')
    auth.dispose()
  } finally {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name)
  }
})
