// I6: a redirect never carries the token to another origin. Auth requests follow no redirects.
import { describe, expect, it } from 'vitest'
import {
  ada,
  evilOrigin,
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

const cases = redirectStatuses.flatMap((status) =>
  targets.flatMap((target) =>
    ['GET', 'POST'].map((method) => ({ status, method, to: target.name, target }))
  )
)

it.each(pairs(cases, transports, ({ to }) => to))(
  'keeps the token within its origin on a $status: $method to $to, over $transport.name',
  async ({ status, method, target, transport }) => {
    const { auth, events } = origins.createClient()
    await auth.login(ada)
    const token = await auth.getAccessToken()
    for (const [path, location] of Object.entries(target.hops)) {
      origins.answer(path, () => redirect(status, location))
    }
    origins.evil(evilSite(target, status))
    const before = origins.arrivals.length
    const call = { url: '/start', method, ...(method === 'POST' ? { body: 'content' } : {}) }
    const outcome = await transport.send(auth, call).then(
      ({ status: answered }) => answered,
      () => 'unanswered'
    )

    const arrivals = origins.arrivals.slice(before)
    expect(tokensIn(arrivals.filter(({ origin }) => origin !== ownOrigin))).toEqual([])
    expect(arrivals[0]).toMatchObject({ path: '/start' })
    expect(tokensIn(arrivals.slice(0, 1))).toEqual([token])
    if (transport.redirects === 'refused') {
      expect(outcome).toBe('unanswered')
      expect(arrivals).toHaveLength(1)
    } else if (target.leaves) {
      expect(arrivals.some(({ origin }) => origin !== ownOrigin)).toBe(true)
    } else {
      const isPost = method === 'POST' && (status === 307 || status === 308)
      // `/me` rejects POST only after it has checked the token.
      expect(outcome).toBe(isPost ? 405 : 200)
      expect(tokensIn(arrivals)).toEqual(arrivals.map(() => token))
    }
    // The final response is not of our server. Only a 401 of our server may cause a refresh.
    expect(origins.callsTo('/refresh').length).toBeLessThanOrEqual(
      target.evilRedirectsTo === undefined ? 0 : 1
    )
    expect(events.map(({ name }) => name)).not.toContain('reissued')
    expect(events.map(({ name }) => name)).not.toContain('signed-out')
    if (target.evilRedirectsTo === undefined) expect(await auth.getAccessToken()).toBe(token)
  }
)

const following = transports.filter(({ redirects }) => redirects === 'followed')

it.each(following)(
  'does not refresh on a 401 from another origin after a redirect, over $name',
  async (transport) => {
    const { auth } = origins.createClient()
    await auth.login(ada)
    origins.answer('/start', () => redirect(307, `${evilOrigin}/x`))
    origins.evil(() => respond(401))
    expect(await transport.send(auth, { url: '/start' })).toMatchObject({ status: 401 })
    expect(origins.callsTo('/start')).toHaveLength(1)
    expect(origins.callsTo('/refresh')).toHaveLength(0)
  }
)

describe('an auth request', () => {
  const locations = [
    '/elsewhere',
    `${evilOrigin}/collect`,
    'http://api.app.example/refresh',
    `${ownOrigin}:8443/refresh`
  ]
  const redirections = redirectStatuses.flatMap((status) =>
    locations.map((location) => ({ status, location }))
  )
  const network = { name: 'AuthError', code: 'ERR_AUTH_NETWORK' }

  it.each(redirections)(
    'refresh() does not follow a $status to $location',
    async ({ status, location }) => {
      const { auth } = origins.createClient()
      await auth.login(ada)
      const token = await auth.getAccessToken()
      origins.answer('/refresh', () => redirect(status, location))
      await expect(auth.refresh()).rejects.toMatchObject(network)
      expect(origins.arrivalsElsewhere()).toEqual([])
      expect(origins.callsTo('/elsewhere')).toEqual([])
      expect(auth.getState()).toMatchObject({
        status: 'authenticated',
        degraded: { code: network.code }
      })
      expect(await auth.getAccessToken()).toBe(token)
    }
  )

  it.each(redirections)(
    'login() does not follow a $status to $location',
    async ({ status, location }) => {
      const { auth } = origins.createClient()
      origins.answer('/login', () => redirect(status, location))
      await expect(auth.login(ada)).rejects.toMatchObject(network)
      expect(origins.arrivalsElsewhere()).toEqual([])
      expect(origins.callsTo('/elsewhere')).toEqual([])
      expect(auth.getState()).toMatchObject({ status: 'unauthenticated' })
    }
  )

  it.each(redirections)(
    'logout() does not follow a $status to $location',
    async ({ status, location }) => {
      const { auth } = origins.createClient()
      await auth.login(ada)
      origins.answer('/logout', () => redirect(status, location))
      expect(await auth.logout()).toEqual({ confirmed: false })
      expect(origins.arrivalsElsewhere()).toEqual([])
      expect(origins.callsTo('/elsewhere')).toEqual([])
    }
  )

  const credentials = (['access-token', 'refresh-token'] as const).flatMap((credential) =>
    redirections.map((redirection) => ({ credential, ...redirection }))
  )

  it.each(credentials)(
    'refresh() does not send its $credential on a $status to $location',
    async ({ credential, status, location }) => {
      const { auth } = origins.createClient({ contract: { refresh: { credential } } })
      const tokens = { access_token: 'opaque-access', refresh_token: 'opaque-refresh' }
      await auth.login(async () => tokens)
      origins.answer('/refresh', () => redirect(status, location))
      await expect(auth.refresh()).rejects.toMatchObject(network)
      expect(origins.arrivals.map(({ path }) => path)).toEqual(['/refresh'])
      expect(JSON.stringify(origins.arrivals)).toContain(
        credential === 'access-token' ? tokens.access_token : tokens.refresh_token
      )
    }
  )
})
