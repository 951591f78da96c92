// I3 in Chromium: origins, header shapes and statuses of re-issued tokens, and a hidden header.
import { describe, expect, it } from 'vitest'
import {
  appOrigin,
  evilOrigin,
  forge,
  redirect,
  respond,
  tokensIn,
  withCors
} from '../../support/setups/trusted-and-foreign-origins.ts'
import { type HeaderShape, headerShapes, onTheWire } from '../../support/tables/header-shapes.ts'
import type { PageCall, PageTransport } from './page/main.ts'
import { pageTransports, setUpPage } from './page-setup.ts'

const { origins, page, signIn, send, token, events } = setUpPage()

/** Transports that expose the final URL of an answer. */
const adopting: readonly PageTransport[] = ['xhr', 'fetch without redirects']
const bearer = (value: string) => ({ Authorization: `Bearer ${value}` })

describe.each(pageTransports)('a page over %s', (transport) => {
  const foreign: readonly {
    readonly path: string
    readonly call: PageCall
    readonly status: number
  }[] = [
    { path: 'directly', call: { url: `${evilOrigin}/x` }, status: 200 },
    {
      path: 'after a preflight',
      call: { url: `${evilOrigin}/x`, method: 'PUT', headers: { 'X-Custom': '1' }, body: 'x' },
      status: 200
    },
    { path: 'directly, with 401', call: { url: `${evilOrigin}/x` }, status: 401 },
    { path: 'directly, with 500', call: { url: `${evilOrigin}/x` }, status: 500 },
    { path: 'after a redirect', call: { url: '/start' }, status: 200 },
    { path: 'after a redirect, with 401', call: { url: '/start' }, status: 401 },
    { path: 'after a redirect, with 500', call: { url: '/start' }, status: 500 }
  ]

  it.each(foreign)(
    'adopts no token from a foreign origin that answers $path',
    async ({ call, status }) => {
      const held = await signIn()
      const forged = forge()
      origins.answer(
        '/start',
        withCors(() => redirect(307, `${evilOrigin}/x`))
      )
      origins.evil(withCors(() => respond(status, bearer(forged))))
      const { authorization } = await send(transport, call)
      const isRedirected = call.url === '/start'
      const isAnswered = transport !== 'fetch without redirects' || !isRedirected
      expect(origins.arrivalsElsewhere().length > 0).toBe(isAnswered)
      // The page can read the header, except from an answer to a request with our token.
      expect(authorization).toBe(isAnswered && !isRedirected ? `Bearer ${forged}` : undefined)
      await send(transport, { url: '/items' })
      expect(JSON.stringify(origins.arrivals)).not.toContain(forged)
      const refusals = (await events()).flatMap(({ refusal }) => refusal ?? [])
      expect(refusals.length > 0).toBe(isAnswered && isRedirected)
      expect((await events()).map(({ name }) => name)).not.toContain('reissued')
      if (status !== 401 || !isRedirected) expect(await token()).toBe(held)
    }
  )

  it('passes a key rotation without a failed request although CORS hides the header', async () => {
    await signIn()
    let hidden = 0
    origins.answer('/hidden', async (request) => {
      const answer = await origins.server.guard(request, () => respond(200))
      hidden += answer.headers.filter(([name]) => name === 'Authorization').length
      const exposes = /^access-control-expose-headers$/i
      return { ...answer, headers: answer.headers.filter(([name]) => !exposes.test(name)) }
    })
    const phases = [
      () => origins.server.rotateKey(),
      () => page().evaluate(() => window.page.attempt('refresh')),
      () => origins.server.retireKey(),
      // A second rotation, in which the old key is retired before a refresh.
      () => origins.server.rotateKey(),
      () => origins.server.retireKey()
    ]
    for (const phase of phases) {
      await phase()
      const statuses = await page().evaluate(async (how) => {
        const sending = Array.from({ length: 20 }, () => window.page.send(how, { url: '/hidden' }))
        return (await Promise.all(sending)).map(({ status }) => status)
      }, transport)
      expect(statuses).toEqual(Array(20).fill(200))
    }
    expect(hidden).toBe(40)
    expect(origins.callsTo('/refresh')).toHaveLength(2)
    expect((await events()).map(({ name }) => name)).not.toContain('reissued')
  })
})

/** Values that Chromium parses differently from Node. */
const inChromium: typeof onTheWire = {
  '64 KiB of blanks': 'token',
  '64 KiB': 'malformed',
  '64 KiB of commas': 'malformed',
  // axios removes control characters from a value.
  DEL: 'token',
  'another control character': 'token',
  'a line feed in the value': 'token',
  'a carriage return in the value': 'token',
  'a folded line': 'token'
}

describe.each(adopting)('a re-issued token over %s', (transport) => {
  const isSendable = (shape: HeaderShape): shape is HeaderShape & { readonly value: string } =>
    typeof shape.value === 'string'
  const sendable = headerShapes.filter(isSendable).map(({ name, value, kind }) => ({
    name,
    value,
    arrives: inChromium[name] ?? onTheWire[name] ?? kind
  }))

  it.each(sendable)(
    'classifies a re-issue header with $name as $arrives',
    async ({ value, arrives }) => {
      const held = await signIn()
      const forged = forge()
      const filled = value.replaceAll('TOKEN', forged).replaceAll('OTHER', forge({ iat: 9e9 + 1 }))
      const lines = [
        'HTTP/1.1 200 OK',
        `Access-Control-Allow-Origin: ${appOrigin}`,
        'Access-Control-Expose-Headers: Authorization',
        'Content-Length: 0',
        'Connection: close',
        `Authorization: ${filled}`
      ]
      origins.answer('/raw', async (request) => {
        if (request.method === 'OPTIONS') return withCors(() => respond(200))(request)
        return { raw: `${lines.join('\r\n')}\r\n\r\n` }
      })
      const { status } = await send(transport, { url: '/raw' })
      expect(status).toBe(arrives === 'no answer' ? undefined : 200)
      // The held token is a JWT.
      const isJwt = value.includes('TOKEN')
      const isAdopted = (await token()) !== held
      expect(isAdopted).toBe(arrives === 'token' && isJwt)
      const refusal = arrives === 'token' && !isJwt ? 'not-a-jwt' : arrives
      const isRefused = ['malformed', 'not-a-jwt'].includes(refusal)
      const refusals = (await events()).flatMap((event) => event.refusal ?? [])
      expect(refusals).toEqual(isRefused ? [refusal] : [])
    }
  )

  it('adopts no token from two header lines, which the browser joins', async () => {
    const held = await signIn()
    for (const values of [
      ['Bearer TOKEN', 'Bearer OTHER'],
      ['Basic YTpi', 'Bearer TOKEN']
    ]) {
      const added = values.map((value): [string, string] => [
        'Authorization',
        value.replace('TOKEN', forge()).replace('OTHER', forge())
      ])
      const answer = respond(200)
      origins.answer(
        '/two',
        withCors(() => ({ ...answer, headers: [...answer.headers, ...added] }))
      )
      expect((await send(transport, { url: '/two' })).status).toBe(200)
    }
    expect(await token()).toBe(held)
  })

  const statuses = [200, 201, 202, 203, 204, 206, 299, 304, 400, 402, 403, 404, 405, 409, 410, 418]
  const others = [422, 429, 451, 499, 500, 501, 502, 503, 504, 511, 599]

  it.each([...statuses, ...others])(
    'adopts a token that is re-issued with status %d',
    async (status) => {
      await signIn()
      const forged = forge()
      origins.answer(
        '/items',
        withCors(() => respond(status, bearer(forged)))
      )
      const answer = await send(transport, { url: '/items' })
      expect(answer).toMatchObject({ status, authorization: undefined })
      expect(await token()).toBe(forged)
      expect(origins.callsTo('/refresh')).toEqual([])
    }
  )

  it('adopts no token from a 401', async () => {
    const held = await signIn()
    const forged = forge()
    origins.answer(
      '/items',
      withCors(() => respond(401, bearer(forged)))
    )
    expect((await send(transport, { url: '/items' })).status).toBe(401)
    const refreshed = await token()
    expect([forged, held]).not.toContain(refreshed)
    expect(tokensIn(origins.callsTo('/items'))).toEqual([held, refreshed])
  })
})
