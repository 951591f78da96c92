// Tests of keys in a page, which has classes of another realm. Each page environment runs them.
import { createMockAuthServer, forgeries, type MockForgery, optionsFromEnv } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { openBrowser, outcome, overWire } from '../../support/setups/one-cookie-browser.ts'

/** Defines the tests for the environment of the calling file. */
export function testKeysInThisRealm(): void {
  it.each(['HS256', 'RS256', 'ES256', 'EdDSA'] as const)(
    'signs, verifies and rotates with %s in this page',
    async (alg) => {
      expect(typeof document).toBe('object')
      const server = createMockAuthServer({ alg })
      const ada = openBrowser(overWire(server))
      const { token } = await ada.login()
      expect((await ada.me(token)).status).toBe(200)
      const { kid } = server.rotateKey()
      const reissued = (await ada.me(token)).header('authorization')?.slice(7) ?? ''
      expect((await ada.me(reissued)).status).toBe(200)
      expect(server.calls.at(-1)).toMatchObject({ kid })
      expect((await ada.refresh()).status).toBe(200)
    }
  )

  it.each(Object.entries(forgeries))(
    'refuses a token forged as %s in this page: %s',
    async (forgery, reason) => {
      const server = createMockAuthServer({ alg: 'ES256' })
      await openBrowser(overWire(server)).me(await server.mint({ forgery: forgery as MockForgery }))
      expect(outcome(server)).toBe(reason)
    }
  )

  it('uses a key from optionsFromEnv() in this page', async () => {
    const secret = 'quick brown foxes jump over lazy dogs!'
    const server = createMockAuthServer(await optionsFromEnv({ JWT_SECRET_CURRENT: secret }))
    const ada = openBrowser(overWire(server))
    expect((await ada.me((await ada.login()).token)).status).toBe(200)
  })
}
