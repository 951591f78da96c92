// I3 with the browser cache and a hostile service worker: old answers restore no old token.
import { beforeEach, describe, expect, it } from 'vitest'
import {
  forge,
  headerOf,
  respond,
  withCors
} from '../../support/setups/trusted-and-foreign-origins.ts'
import type { PageTransport } from './page/main.ts'
import { setUpPage } from './page-setup.ts'

// Loopback, because Chromium allows neither cache nor service worker with an untrusted certificate.
const app = 'http://localhost:3000'
const own = 'http://localhost:4000'
const foreign = 'http://127.0.0.1:5000'
const { origins, page, signIn, send, token, events } = setUpPage(app, own)

const adopting: readonly PageTransport[] = ['xhr', 'fetch without redirects']
const refresh = () => page().evaluate(() => window.page.attempt('refresh'))
const refusals = async () => (await events()).flatMap(({ refusal }) => refusal ?? [])
const fromOneServer = {
  'Access-Control-Allow-Origin': app,
  'Access-Control-Expose-Headers': 'authorization'
}

function claimsOf(accessToken: string): { readonly iat: number; readonly jti: string } {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
}

describe.each(adopting)('a cached answer over %s', (transport) => {
  let url = ''

  beforeEach(({ task }) => {
    // Cached answers outlive a test, so each test uses its own URL.
    url = `/item/${encodeURIComponent(task.id)}`
  })

  function cacheable(cacheControl: string): void {
    origins.answer('/item/', async (request) => {
      if (headerOf(request, 'if-none-match') === '"1"') {
        return respond(304, { ...fromOneServer, ETag: '"1"' }, '')
      }
      const answer = await origins.server.guard(request, () => respond(200))
      const stored = answer.headers.filter(([name]) => !/^(cache-control|vary)$/i.test(name))
      const headers: [string, string][] = [
        ...stored,
        ['Cache-Control', cacheControl],
        ['ETag', '"1"']
      ]
      return { ...answer, headers }
    })
  }

  it.each([
    ['revalidates and gets 304', 'no-cache', 4],
    ['does not ask the server', 'max-age=3600', 1]
  ])('keeps the newer token when the cache %s', async (_, cacheControl, arrivals) => {
    const first = await signIn()
    cacheable(cacheControl)
    origins.server.rotateKey()
    await send(transport, { url })
    const reissued = await token()
    expect(reissued).not.toBe(first)
    for (const _time of [1, 2, 3]) {
      await refresh()
      const current = await token()
      expect((await send(transport, { url })).status).toBe(200)
      expect(await token()).toBe(current)
    }
    // The old header was present, and refused.
    expect(await refusals()).toEqual(['not-newer', 'not-newer', 'not-newer'])
    expect(origins.callsTo(url)).toHaveLength(arrivals)
    const conditional = origins
      .callsTo(url)
      .filter((call) => headerOf(call, 'if-none-match') === '"1"')
    expect(conditional).toHaveLength(arrivals - 1)
  })

  it('keeps the restored token when the cache answers after a reload', async () => {
    await signIn()
    cacheable('max-age=3600')
    origins.server.rotateKey()
    await send(transport, { url })
    origins.advance(5_000)
    await page().reload()
    await page().evaluate(async (baseURL) => {
      window.page.create({ baseURL, spreadRefreshes: false })
      await window.page.auth.ready()
    }, own)
    const restored = await token()
    await send(transport, { url })
    expect(await token()).toBe(restored)
    expect(await refusals()).toEqual(['not-newer'])
    expect(origins.callsTo(url)).toHaveLength(1)
  })

  it('gets a new token with each answer if the server sends no-store', async () => {
    await signIn()
    origins.answer('/item/', (request) =>
      origins.server.guard(request, () =>
        respond(200, { 'Cache-Control': 'max-age=3600', ETag: '"1"' })
      )
    )
    origins.server.rotateKey()
    await send(transport, { url })
    await refresh()
    await send(transport, { url })
    await send(transport, { url })
    expect(await refusals()).toEqual([])
    expect(origins.callsTo(url).length).toBeGreaterThanOrEqual(2)
  })
})

describe('a hostile service worker', () => {
  async function employWorker(): Promise<void> {
    await page().evaluate(async () => {
      await navigator.serviceWorker.register('/worker.js')
      await navigator.serviceWorker.ready
    })
    await page().reload()
    await page().waitForFunction(() => navigator.serviceWorker.controller !== null)
  }

  const order = (deed: string) =>
    page().evaluate(
      (what) =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = resolve
          navigator.serviceWorker.controller?.postMessage(what, [port2])
        }),
      deed
    )

  beforeEach(async () => {
    await employWorker()
    return () =>
      page().evaluate(async () => {
        for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister()
      })
  })

  it.each(adopting)(
    'cannot restore an old token by replaying an answer over %s',
    async (transport) => {
      const first = await signIn()
      await order('watch')
      // Each token gets a later `iat`, also if the clock of the machine is set back a little.
      origins.advance(5_000)
      origins.server.rotateKey()
      await send(transport, { url: '/item' })
      const reissued = await token()
      expect(claimsOf(reissued).iat).toBeGreaterThan(claimsOf(first).iat)
      origins.advance(5_000)
      expect(await refresh()).toBe('done')
      const current = await token()
      expect(claimsOf(current).iat).toBeGreaterThan(claimsOf(reissued).iat)
      expect(await refusals()).toEqual([])
      await order('replay')
      const before = origins.arrivals.length
      for (const _time of [1, 2, 3]) {
        expect((await send(transport, { url: '/item' })).status).toBe(200)
        expect(await token()).toBe(current)
      }
      expect(await refusals()).toEqual(['not-newer', 'not-newer', 'not-newer'])
      // The browser asks for the script of the worker now and then.
      const arrivals = origins.arrivals.slice(before).filter(({ origin }) => origin !== app)
      expect(arrivals).toEqual([])
    }
  )

  it('changes nothing by replaying the answer of the last refresh', async () => {
    await signIn()
    await order('watch')
    await refresh()
    const current = await token()
    await order('replay')
    expect(await refresh()).toBe('done')
    expect(await token()).toBe(current)
  })

  it('cannot inject a token from a foreign origin over xhr', async () => {
    const held = await signIn()
    const forged = forge()
    origins.evil(withCors(() => respond(200, { Authorization: `Bearer ${forged}` })))
    await order(`ask ${foreign}/x`)
    const { status } = await send('xhr', { url: '/item' })
    expect(status).toBe(200)
    expect(origins.arrivalsElsewhere().length).toBeGreaterThan(0)
    expect(await token()).toBe(held)
    expect(await refusals()).toEqual(['untrusted-origin'])
  })
})
