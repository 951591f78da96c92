// I6 for a header other than Authorization, which engines keep on redirects: the token follows no
// redirect to another origin.
import { describe, expect, it, vi } from 'vitest'
import {
  evilOrigin,
  forge,
  headerOf,
  ownOrigin,
  redirect,
  respond,
  setUpOrigins,
  tokensIn
} from '../support/setups/trusted-and-foreign-origins.ts'
import { evilSite, redirectStatuses, targets } from '../support/tables/redirect-targets.ts'
import { transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'

const origins = setUpOrigins()
const attach = { header: 'X-Auth-Token', scheme: '' }

async function signIn(contract = { attach }) {
  const { auth, events } = origins.createClient({ restore: 'never', contract })
  const token = forge({ iat: 1 })
  await auth.login(async () => ({ access_token: token, expires_in: 300 }))
  origins.answer('/me', () => respond(200))
  return { auth, events, token }
}

const cases = redirectStatuses.flatMap((status) =>
  targets.flatMap((target) =>
    ['GET', 'POST'].map((method) => ({ status, method, to: target.name, target }))
  )
)

it.each(pairs(cases, transports, ({ to }) => to))(
  'keeps a token in X-Auth-Token within its origin on a $status: $method to $to, over $transport.name',
  async ({ status, method, target, transport }) => {
    const { auth, events, token } = await signIn()
    for (const [path, location] of Object.entries(target.hops)) {
      origins.answer(path, () => redirect(status, location))
    }
    origins.evil(evilSite(target, status))
    const call = { url: '/start', method, ...(method === 'POST' ? { body: 'content' } : {}) }
    const outcome = await transport.send(auth, call).then(
      ({ status: answered }) => answered,
      (error) => error
    )

    const { arrivals } = origins
    expect(tokensIn(arrivals.filter(({ origin }) => origin !== ownOrigin))).toEqual([])
    expect(headerOf(arrivals[0] ?? { headers: [] }, attach.header)).toBe(token)
    if (/over http|oldest/.test(transport.name)) {
      expect(arrivals.length).toBeGreaterThan(1)
      if (!target.leaves) expect(tokensIn(arrivals)).toEqual(arrivals.map(() => token))
    } else {
      expect(arrivals).toHaveLength(1)
      expect(outcome).toBeInstanceOf(Error)
      if (transport.redirects === 'followed') {
        expect(outcome).toMatchObject({
          code: 'ERR_AUTH_NETWORK',
          message: expect.stringMatching(/redirected .* X-Auth-Token\. .* Request the final URL\.$/)
        })
      }
    }
    const names = events.map(({ name }) => name)
    for (const name of ['reissued', 'refreshed', 'signed-out']) expect(names).not.toContain(name)
  }
)

describe('a redirect that the app handles itself', () => {
  it.each(['manual', 'error'] as const)('is left to the app with redirect: %s', async (mode) => {
    const { auth } = await signIn()
    origins.answer('/start', () => redirect(302, `${evilOrigin}/x`))
    const outcome = await auth.fetch('/start', { redirect: mode }).catch((error) => error)
    if (mode === 'manual') expect(outcome).toMatchObject({ status: 302 })
    else expect(outcome).toBeInstanceOf(TypeError)
    expect(origins.arrivals).toHaveLength(1)
  })
})

it('follows a redirect if the request carries no token', async () => {
  const { auth } = await signIn()
  origins.answer('/start', () => redirect(302, '/me'))
  const omit = { everbearer: { accessToken: 'omit' } } as const
  expect((await auth.fetch('/start', omit)).status).toBe(200)
  expect((await auth.axios.get('/start', { ...omit, adapter: 'fetch' })).status).toBe(200)
})

it('returns a 304 and a redirect without a location', async () => {
  const { auth } = await signIn()
  for (const status of [304, 300, 302]) {
    origins.answer('/start', () => respond(status, {}, ''))
    expect((await auth.fetch('/start')).status).toBe(status)
  }
})

it('keeps the sensitive headers of the app on a redirect of axios over http', async () => {
  const { auth } = await signIn()
  origins.answer('/start', () => redirect(302, `${evilOrigin}/x`))
  await auth.axios.get('/start', {
    adapter: 'http',
    headers: { 'X-Api-Key': 'mine', 'X-Trace': 'kept' },
    sensitiveHeaders: ['X-Api-Key']
  })
  const [, elsewhere] = origins.arrivals
  expect(headerOf(elsewhere ?? { headers: [] }, 'X-Api-Key')).toBe(undefined)
  expect(headerOf(elsewhere ?? { headers: [] }, 'X-Trace')).toBe('kept')
})

it.each(['axios', 'fetch'])(
  'passes no option of Object.prototype to fetch, over %s',
  async (way) => {
    const { auth } = await signIn()
    const inherited: unknown[] = []
    vi.stubGlobal('fetch', async (_: unknown, init: RequestInit = Object.create(null)) => {
      inherited.push(Reflect.get(init, 'priority'))
      return new Response('{}')
    })
    const property = { value: 'low', configurable: true, writable: true }
    Object.defineProperty(Object.prototype, 'priority', property)
    try {
      if (way === 'axios') await auth.axios.get('/me', { adapter: 'fetch' })
      else await auth.fetch('/me')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'priority')
      vi.unstubAllGlobals()
    }
    expect(inherited).toEqual([undefined])
  }
)
