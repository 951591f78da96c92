// I6 in Chromium: the token reaches the trusted origin in every spelling of its URL, and follows no
// redirect to another origin.
import { describe, expect, it } from 'vitest'
import type { Site } from '../../support/setups/internet.ts'
import {
  appOrigin,
  evilOrigin,
  headerOf,
  ownOrigin,
  redirect,
  respond,
  tokensIn,
  withCors
} from '../../support/setups/trusted-and-foreign-origins.ts'
import { evilSite, redirectStatuses, targets } from '../../support/tables/redirect-targets.ts'
import { type Destination, spellings } from '../../support/tables/url-spellings.ts'
import { pageTransports, setUpPage } from './page-setup.ts'

const { origins, page, signIn, send, token, events } = setUpPage()

const withoutPreflights = (before: number) =>
  origins.arrivals.slice(before).filter(({ method }) => method !== 'OPTIONS')

const expected: Readonly<Record<Destination, readonly object[]>> = {
  own: [{ isOurs: true, tokens: 1 }],
  elsewhere: [{ isOurs: false, tokens: 0 }],
  nowhere: []
}

describe.each(pageTransports)('a page over %s', (transport) => {
  it.each(spellings)(
    'sends the token for %j only if it leads to the trusted origin',
    async ({ url, inPage }) => {
      await signIn()
      const before = origins.arrivals.length
      const { status } = await send(transport, { url })
      const seen = withoutPreflights(before).map((arrival) => ({
        isOurs: arrival.origin === ownOrigin,
        tokens: tokensIn([arrival]).length
      }))
      expect(seen).toEqual(expected[inPage])
      expect(status !== undefined).toBe(inPage !== 'nowhere')
      expect(tokensIn(origins.arrivals.filter(({ method }) => method === 'OPTIONS'))).toEqual([])
    }
  )

  it('resolves relative URLs against the page if there is no baseURL', async () => {
    await signIn({ trustedOrigins: [ownOrigin] })
    const before = origins.arrivals.length
    const urls = ['/\t/evil.example/me', '/\\evil.example/me', '\\\\evil.example\\me', '/me']
    await page().evaluate(
      async ([how, all]) => {
        Object.assign(window.page.auth.axios.defaults, { baseURL: '' })
        for (const url of all) await window.page.send(how, { url })
      },
      [transport, urls] as const
    )
    const arrivals = withoutPreflights(before)
    expect(arrivals.map(({ origin }) => origin)).toEqual([
      evilOrigin,
      evilOrigin,
      evilOrigin,
      appOrigin
    ])
    expect(tokensIn(arrivals)).toEqual([])
  })

  const cases = redirectStatuses.flatMap((status) =>
    targets.flatMap((target) =>
      (status === 307 ? ['GET', 'POST'] : ['GET']).map((method) => ({
        status,
        method,
        to: target.name,
        target
      }))
    )
  )

  it.each(cases)(
    'sends the token to no other origin after a $status: $method to $to',
    async ({ status, method, target }) => {
      const held = await signIn()
      for (const [path, location] of Object.entries(target.hops)) {
        origins.answer(
          path,
          withCors(() => redirect(status, location))
        )
      }
      origins.evil(evilSite(target, status))
      const before = origins.arrivals.length
      const call = { url: '/start', method, ...(method === 'POST' ? { body: 'content' } : {}) }
      const answer = await send(transport, call)

      const arrivals = withoutPreflights(before)
      expect(tokensIn(arrivals.filter(({ origin }) => origin !== ownOrigin))).toEqual([])
      expect(arrivals[0]).toMatchObject({ path: '/start' })
      expect(tokensIn(arrivals.slice(0, 1))).toEqual([held])
      if (transport === 'fetch without redirects') {
        expect(answer.status).toBe(undefined)
        expect(arrivals).toHaveLength(1)
      } else if (target.leaves) {
        const left = arrivals.some(({ origin }) => origin !== ownOrigin)
        expect(left).toBe(target.isMixedContent !== true)
      } else {
        expect(answer.status).toBe(method === 'POST' ? 405 : 200)
        expect(tokensIn(arrivals)).toEqual(arrivals.map(() => held))
      }
      const names = (await events()).map(({ name }) => name)
      expect(names).not.toContain('reissued')
      expect(names).not.toContain('signed-out')
      if (target.evilRedirectsTo === undefined) expect(await token()).toBe(held)
    }
  )
})

// Browsers remove only Authorization from a request that is redirected to another origin.
describe('a token in X-Auth-Token', () => {
  const attach = { header: 'X-Auth-Token', scheme: '' }

  /** Allows every page and every header, as a hostile origin does. */
  function allowing(site: () => ReturnType<typeof respond>): Site {
    return (request) => {
      const headers: [string, string][] = [
        ['Access-Control-Allow-Origin', headerOf(request, 'origin') ?? '*'],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Allow-Methods', 'GET, POST'],
        ['Access-Control-Allow-Headers', headerOf(request, 'access-control-request-headers') ?? '']
      ]
      if (request.method === 'OPTIONS') return { ...respond(204), headers }
      const answer = site()
      return { ...answer, headers: [...answer.headers, ...headers] }
    }
  }

  function redirectTo(location: string): void {
    origins.answer(
      '/start',
      allowing(() => redirect(307, location))
    )
    origins.answer(
      '/end',
      allowing(() => respond(200))
    )
    origins.evil(allowing(() => respond(200)))
  }

  it('would follow a redirect of XMLHttpRequest to another origin', async () => {
    redirectTo(`${evilOrigin}/x`)
    await page().evaluate(
      (url) =>
        new Promise((resolve) => {
          const request = new XMLHttpRequest()
          request.onloadend = resolve
          request.open('GET', url)
          request.setRequestHeader('X-Auth-Token', 'mine')
          request.send()
        }),
      `${ownOrigin}/start`
    )
    const [, elsewhere] = withoutPreflights(0)
    expect(elsewhere && headerOf(elsewhere, attach.header)).toBe('mine')
  })

  const locations = [`${evilOrigin}/x`, `${ownOrigin}:8443/x`, '/end']

  it.each(
    pageTransports.flatMap((transport) => locations.map((location) => ({ transport, location })))
  )('follows no redirect to $location, over $transport', async ({ transport, location }) => {
    const held = await signIn({ contract: { attach } })
    redirectTo(location)
    const before = origins.arrivals.length
    const answer = await send(transport, { url: '/start' })
    const arrivals = withoutPreflights(before)
    expect(arrivals).toHaveLength(1)
    expect(arrivals.map((arrival) => headerOf(arrival, attach.header))).toEqual([held])
    expect(answer).toMatchObject({
      status: undefined,
      error: transport === 'fetch without redirects' ? 'ERR_NETWORK' : 'ERR_AUTH_NETWORK'
    })
  })

  it.each(pageTransports)(
    'reaches an endpoint that does not redirect, over %s',
    async (transport) => {
      const held = await signIn({ contract: { attach } })
      redirectTo('/end')
      const before = origins.arrivals.length
      const call = { url: '/end', method: 'POST', body: 'content' }
      expect(await send(transport, call)).toMatchObject({ status: 200, body: '{}' })
      const [arrival] = withoutPreflights(before)
      expect(arrival).toMatchObject({ body: 'content' })
      expect(arrival && headerOf(arrival, attach.header)).toBe(held)
    }
  )
})

describe('the auth requests of a page', () => {
  const redirections = redirectStatuses.flatMap((status) =>
    ['/elsewhere', `${evilOrigin}/collect`, `${ownOrigin}:8443/refresh`].map((location) => ({
      status,
      location
    }))
  )

  it.each(redirections)(
    'reject a redirect $status to $location as a network error',
    async ({ status, location }) => {
      const held = await signIn()
      for (const path of ['/refresh', '/logout', '/login']) {
        origins.answer(
          path,
          withCors(() => redirect(status, location))
        )
      }
      const attempt = (method: 'refresh' | 'logout') =>
        page().evaluate((name) => window.page.attempt(name), method)
      expect(await attempt('refresh')).toBe('ERR_AUTH_NETWORK')
      expect(await token()).toBe(held)
      const login = page().evaluate(() => window.page.attemptLogin({ email: 'a', password: 'b' }))
      expect(await login).toBe('ERR_AUTH_NETWORK')
      expect(await attempt('logout')).toBe('{"confirmed":false}')
      expect(origins.arrivalsElsewhere()).toEqual([])
      expect(origins.callsTo('/elsewhere')).toEqual([])
      for (const path of ['/refresh', '/logout', '/login']) {
        expect(origins.callsTo(path).length, path).toBeGreaterThan(0)
      }
    }
  )
})

it('keeps the Authorization header of the app, and does not refresh on its 401', async () => {
  await signIn()
  for (const transport of pageTransports) {
    const headers = { Authorization: 'Basic YTpi' }
    expect((await send(transport, { url: '/me', headers })).status).toBe(401)
  }
  expect(origins.callsTo('/me').map((call) => headerOf(call, 'authorization'))).toEqual(
    pageTransports.map(() => 'Basic YTpi')
  )
  expect(origins.callsTo('/refresh')).toEqual([])
})
