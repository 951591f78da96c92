// http in development: hosts on a LAN, in emulators, containers and intranets work over http.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'

const server = routes({
  'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
  'POST /refresh': () => json(401, {}),
  'GET /me': ({ token }) => json(token === 'abc' ? 200 : 401, {})
})

const hosts = [
  'http://192.168.1.20:3000',
  'http://10.0.2.2:3000',
  'http://api:3000',
  'http://host.docker.internal:3000',
  'http://shop.test',
  'http://intranet',
  'http://raspberrypi.local:8080'
]

async function signInAt(
  baseURL: string,
  pageUrl: string | undefined,
  options: AuthClientOptions = {}
) {
  const setup = setUpServer(server, { baseURL, ...options, platform: { pageUrl: () => pageUrl } })
  await setup.auth.login(credentials)
  expect((await setup.auth.axios.get('/me')).status).toBe(200)
  expect((await setup.auth.fetch(`${baseURL}/me`)).status).toBe(200)
  await setup.settle()
  return setup.warnings.filter((warning) => /\bhttps?\b/.test(warning))
}

it.each(hosts)('signs in at %s from a page that itself is http, with one warning', async (host) => {
  expect(await signInAt(host, 'http://192.168.1.20:5173/')).toHaveLength(1)
})

const noPages: readonly (string | undefined)[] = ['capacitor://localhost/', undefined]

it.each(hosts)(
  'signs in at %s from an app that an option allows to, with one warning',
  async (host) => {
    for (const page of noPages) {
      expect(await signInAt(host, page, { allowInsecureRequests: true })).toHaveLength(1)
    }
  }
)

it.each(hosts)(
  'does not send a password to %s from a page that is not http itself',
  async (host) => {
    for (const page of ['https://app.example/', ...noPages]) {
      await expect(signInAt(host, page)).rejects.toMatchObject({
        code: 'ERR_AUTH_INVALID_OPTIONS',
        message: expect.stringContaining('allowInsecureRequests')
      })
    }
  }
)

it('finds out that no session exists if a phone opens the page at its address on the LAN', async () => {
  const { auth } = setUpServer(server, {
    baseURL: '',
    restore: 'always',
    platform: { pageUrl: () => 'http://192.168.1.20:5173/' }
  })
  await auth.ready()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
})
