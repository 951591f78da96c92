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
  accessToken: 'evil',
  accessTokenSeconds: 1,
  after: 'commit',
  allowedHeaders: ['X-Evil'],
  answer: 'evil',
  allowedOrigins: ['https://evil.example'],
  as: 'signing',
  at: 'evil',
  attach: { header: 'X-Evil' },
  audience: 'evil',
  basePath: '/evil',
  body: 'form',
  by: 'evil',
  cacheable: true,
  challenge: { error: 'evil' },
  claims: { role: 'evil' },
  clockToleranceSeconds: 3600,
  confirmedBy: 200,
  contract: { login: '/evil' },
  cookie: { path: '/evil' },
  cookieName: 'evil',
  cookies: 'jar',
  count: 2,
  credential: 'access-token',
  credentials: { name: 'evil' },
  csrf: { cookie: 'evil', header: 'X-Evil' },
  domain: 'evil.example',
  emulateCors: false,
  except: ['retry-storm'],
  expiresIn: 'evil',
  expose: false,
  fault: 'network',
  fields: { evil: 1 },
  forgery: 'alg-none',
  header: 'X-Evil',
  headers: { 'X-Evil': '1' },
  id: 'evil',
  idempotencyKey: 'never',
  inFlightSeconds: 0,
  invalidatesPrevious: true,
  issuer: 'https://evil.example',
  issuers: [],
  jwk: { kty: 'oct', k: 'evil' },
  jwks: '/evil',
  jwksMaxAgeSeconds: 1,
  keys: [{ kid: 'evil', secret: 'evil evil evil evil evil evil evil' }],
  kid: 'evil',
  latencyMs: 5,
  login: '/evil',
  logout: '/evil',
  me: '/evil',
  method: 'PUT',
  noSession: 404,
  now: () => 0,
  origin: 'https://evil.example',
  pageOrigin: 'https://evil.example',
  partitioned: true,
  path: '/evil',
  paths: { login: '/evil' },
  persist: { getItem: () => '{', setItem() {}, removeItem() {} },
  persistent: false,
  profile: 'evil',
  query: '?evil',
  quietMs: 1,
  reason: 'evil',
  refresh: '/evil',
  refreshGraceSeconds: 0,
  refreshIdleSeconds: 1,
  refreshToken: 'evil',
  refusals: { accessToken: 403 },
  reissue: { when: 'never' },
  revocation: 'short-lived',
  sameSite: 'None',
  scheme: 'Evil',
  secret: 'evil evil evil evil evil evil evil evil',
  secure: true,
  session: 403,
  sessionSeconds: 1,
  sid: 'evil',
  spike: { count: 2 },
  status: 403,
  sub: 'evil',
  text: 'evil',
  times: 9,
  tokens: { accessToken: 'evil' },
  tokensWithoutKid: 'try-keys',
  typ: 'evil',
  unit: 'ms',
  url: 'https://evil.example',
  user: 'evil',
  users: [{ email: 'evil@example.com', password: 'evil' }],
  when: 'always',
  withinSeconds: 1
}

const given: MockAuthServerOptions = {
  users: [{ email: 'ada@example.com', password: 'lovelace' }],
  keys: [{ kid: 'first', secret: 'a secret of at least 32 bytes, for tests' }],
  contract: {
    login: {},
    refresh: {},
    logout: {},
    tokens: {},
    attach: {},
    reissue: {},
    refusals: {},
    user: {}
  },
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
