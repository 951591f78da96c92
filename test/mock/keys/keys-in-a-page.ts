// Keys of every algorithm where the page's classes are another realm's; each environment of a page calls this.
import { createMockAuthServer, forgeries, type MockForgery, optionsFromEnv } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { outcome, overWire, visit } from '../../support/worlds/one-cookie-browser.ts'

/** The tests, for the environment of the file that calls this. */
export function testKeysInThisRealm(): void {
  it.each(['HS256', 'RS256', 'ES256', 'EdDSA'] as const)(
    '%s signs, verifies and rotates',
    async (alg) => {
      expect(typeof document).toBe('object')
      const server = createMockAuthServer({ alg })
      const ada = visit(overWire(server))
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
    'a token forged as %s is refused: %s',
    async (forgery, reason) => {
      const server = createMockAuthServer({ alg: 'ES256' })
      await visit(overWire(server)).me(await server.mint({ forgery: forgery as MockForgery }))
      expect(outcome(server)).toBe(reason)
    }
  )

  it('keys come from the environment', async () => {
    const secret = 'quick brown foxes jump over lazy dogs!'
    const server = createMockAuthServer(await optionsFromEnv({ JWT_SECRET_CURRENT: secret }))
    const ada = visit(overWire(server))
    expect((await ada.me((await ada.login()).token)).status).toBe(200)
  })
}
