// Polluted options: the server ignores options that Object.prototype carries.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse } from 'msw'
import { expect, it, onTestFinished } from 'vitest'
import {
  createServerWithClock,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'
import { whilePolluted } from '../../support/tables/prototype-pollution.ts'

/**
 * Names that the mock reads, each with the most harmful value. `alg` and `value` are left out:
 * WebCrypto and `Object.defineProperty` read inherited ones themselves.
 */
const pollutions: Readonly<Record<string, unknown>> = {
  accessTokenSeconds: 1,
  after: 'commit',
  allowedHeaders: ['X-Evil'],
  allowedOrigins: ['https://evil.example'],
  as: 'signing',
  audience: 'evil',
  basePath: '/evil',
  by: 'evil',
  cacheable: true,
  claims: { role: 'evil' },
  clockToleranceSeconds: 3600,
  cookie: { path: '/evil' },
  cookieName: 'evil',
  cookies: 'jar',
  count: 2,
  domain: 'evil.example',
  emulateCors: false,
  except: ['retry-storm'],
  expose: false,
  fault: 'network',
  forgery: 'alg-none',
  header: 'X-Evil',
  headers: { 'X-Evil': '1' },
  inFlightSeconds: 0,
  invalidTokenStatus: 403,
  issuer: 'https://evil.example',
  issuers: [],
  jwk: { kty: 'oct', k: 'evil' },
  jwks: '/evil',
  jwksMaxAgeSeconds: 1,
  keys: [{ kid: 'evil', secret: 'evil evil evil evil evil evil evil' }],
  kid: 'evil',
  latencyMs: 5,
  login: '/evil',
  me: '/evil',
  now: () => 0,
  pageOrigin: 'https://evil.example',
  partitioned: true,
  path: '/evil',
  paths: { login: '/evil' },
  persist: { getItem: () => '{', setItem() {}, removeItem() {} },
  persistent: false,
  quietMs: 1,
  reason: 'evil',
  refresh: '/evil',
  refreshGraceSeconds: 0,
  refreshIdleSeconds: 1,
  refreshWith: 'access-token',
  reissue: { when: 'never' },
  revocation: 'short-lived',
  sameSite: 'None',
  secret: 'evil evil evil evil evil evil evil evil',
  secure: true,
  sessionSeconds: 1,
  sid: 'evil',
  spike: { count: 2 },
  sub: 'evil',
  times: 9,
  tokensWithoutKid: 'try-keys',
  typ: 'evil',
  url: 'https://evil.example',
  user: 'evil',
  users: [{ email: 'evil@example.com', password: 'evil' }],
  when: 'always',
  withinSeconds: 1
}

const given: MockAuthServerOptions = {
  users: [{ email: 'ada@example.com', password: 'lovelace' }],
  keys: [{ kid: 'first', secret: 'a secret of at least 32 bytes, for tests' }],
  paths: {},
  reissue: {},
  cookie: {},
  spike: {}
}

/** Runs a session with a rotation, a fault and a gate, and returns a record of everything. */
async function live(): Promise<unknown> {
  const { server, clock } = createServerWithClock(given)
  const ada = openBrowser(overWire(server))
  const seen: unknown[] = []
  const note = ({ status, setCookies, body }: Awaited<ReturnType<typeof ada.me>>) =>
    seen.push(status, setCookies, body)
  note(await ada.login('wrong'))
  note(await ada.login())
  note(await ada.me())
  server.rotateKey({ kid: 'second' })
  await server.registerKey(() => ({ kid: 'third', secret: 'another secret of more than 32 bytes' }))
  note(await ada.me())
  server.failNext('refresh', 503)
  note(await ada.refresh())
  const gate = server.hold('refresh', {})
  const refreshing = ada.refresh()
  await gate.arrived()
  seen.push(server.calls.at(-1)?.outcome)
  gate.release()
  note(await refreshing)
  clock.advanceSeconds(20)
  note(await ada.me(await server.mint({ kid: 'first' })))
  server.retireKey('first')
  note(await ada.logout())
  await server.idle()
  seen.push(server.routes, server.keys, server.keyAudit, server.calls, server.violations)
  const text = JSON.stringify(seen)
  return text
    .replace(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'TOKEN')
    .replace(/(refresh_token=|jti":"|sid":"|sid":"|issuedJti":")[\w-]+/gi, '$1ID')
}

it.each(Object.entries(pollutions))(
  'a session is the same with a polluted Object.prototype.%s',
  async (name, value) => {
    const clean = await live()
    expect(clean).toContain('TOKEN')
    expect(await whilePolluted(name, value, live)).toEqual(clean)
  }
)

it.each(['network', 'cut'])('no adapter injects an inherited fault %s', async (fault) => {
  const server = createMockAuthServer()
  const { url, close } = await listen(server)
  onTestFinished(close)
  const handlers = createHandlers(server, { baseURL: 'http://localhost' })
  const seen = await whilePolluted('fault', fault, async () =>
    Promise.all(
      [
        await fetch(`${url}/me`),
        await server.fetch(new Request('http://localhost/me')),
        await getResponse(handlers, new Request('http://localhost/me'))
      ].map((response) => response?.text())
    )
  )
  expect(seen).toEqual(Array(3).fill(expect.stringMatching(/missing_token.*\}$/)))
})
