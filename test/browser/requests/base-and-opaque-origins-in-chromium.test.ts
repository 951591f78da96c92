// I6 in Chromium: no `<base>`, change of history or sandboxed frame moves the auth requests to
// another origin, or makes one trusted.
import type { Frame } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Arrival } from '../../support/setups/internet.ts'
import {
  ada,
  appOrigin,
  evilOrigin,
  headerOf,
  ownOrigin,
  tokensIn
} from '../../support/setups/trusted-and-foreign-origins.ts'
import type { PageOptions } from './page/main.ts'
import { setUpPage } from './page-setup.ts'

const { origins, page, send, attempt } = (() => {
  const setup = setUpPage()
  const attempt = (method: 'refresh' | 'logout') =>
    setup.page().evaluate((name) => window.page.attempt(name), method)
  return { ...setup, attempt }
})()

const ofPage: PageOptions = { baseURL: '', restore: 'never', trustedOrigins: [appOrigin] }

/** Method, origin and path of each request, without preflights and files of the page. */
const sent = (arrivals: readonly Arrival[] = origins.arrivals) =>
  arrivals
    .filter(({ method, path }) => method !== 'OPTIONS' && !/^\/(main\.js|\?.*)?$/.test(path))
    .map(({ method, origin, path }) => `${method} ${origin}${path}`)

/** Adds a `<base>` as an injected markup would. */
const addBase = (href: string) =>
  page().evaluate((url) => {
    const base = document.createElement('base')
    base.href = url
    document.head.prepend(base)
  }, href)

function signIn(where: Frame, options: PageOptions): Promise<string> {
  return where.evaluate(
    ([given, who]) => {
      try {
        window.page.create(given)
      } catch (error) {
        return String(Reflect.get(Object(error), 'code'))
      }
      return window.page.attemptLogin(who)
    },
    [options, ada] as const
  )
}

beforeEach(() => page().goto(`${appOrigin}/`))
afterEach(() => page().goto('about:blank'))

describe('a <base> of another origin', () => {
  it.each<[string, PageOptions]>([
    ['no baseURL', { restore: 'never' }],
    ['a baseURL that is a path', { restore: 'never', baseURL: '/' }],
    ['a relative baseURL', { restore: 'never', baseURL: './' }]
  ])('gets no auth request and no token, with %s', async (_, options) => {
    await addBase(`${evilOrigin}/`)
    expect(await signIn(page().mainFrame(), options)).toBe('done')
    await send('xhr', { url: '/me' })
    await send('fetch', { url: '/me' })
    expect(await attempt('refresh')).toBe('done')
    expect(await attempt('logout')).toBe('{"confirmed":true}')
    const all = sent()
    expect(all.filter((one) => !one.includes(evilOrigin))).toEqual([
      `POST ${appOrigin}/login`,
      `POST ${appOrigin}/refresh`,
      `POST ${appOrigin}/logout`
    ])
    // The browser itself resolves the URLs of the app's requests.
    expect(all).toHaveLength(5)
    expect(tokensIn(origins.arrivalsElsewhere())).toEqual([])
  })

  it('gets no token if it is added after the sign-in', async () => {
    await signIn(page().mainFrame(), ofPage)
    expect(await send('xhr', { url: '/me' })).toMatchObject({ status: 200 })
    await addBase(`${evilOrigin}/`)
    for (const transport of ['xhr', 'fetch'] as const) await send(transport, { url: '/me' })
    expect(await attempt('refresh')).toBe('done')
    expect(sent().slice(2)).toEqual([
      `GET ${evilOrigin}/me`,
      `GET ${evilOrigin}/me`,
      `POST ${appOrigin}/refresh`
    ])
    expect(tokensIn(origins.arrivalsElsewhere())).toEqual([])
  })
})

it('resolves a relative baseURL against a <base> of the page’s origin, as axios does', async () => {
  await addBase('/app/')
  await signIn(page().mainFrame(), { restore: 'never', baseURL: './' })
  await send('xhr', { url: 'me' })
  expect(sent()).toEqual([`POST ${appOrigin}/app/login`, `GET ${appOrigin}/app/me`])
})

it('keeps the auth requests at their path after a change of history', async () => {
  await signIn(page().mainFrame(), { restore: 'never', baseURL: './' })
  await page().evaluate(() => history.pushState({}, '', '/deep/er/page'))
  expect(await attempt('refresh')).toBe('done')
  expect(sent()).toEqual([`POST ${appOrigin}/login`, `POST ${appOrigin}/refresh`])
})

describe('a frame', () => {
  async function openFrame(kind: 'sandboxed' | 'srcdoc' | 'blob'): Promise<Frame> {
    await page().evaluate(
      ([how, origin]) => {
        const frame = document.createElement('iframe')
        const html = `<script type="module" src="${origin}/main.js"></script>`
        if (how === 'sandboxed') frame.setAttribute('sandbox', 'allow-scripts')
        if (how === 'sandboxed') frame.src = '/'
        else if (how === 'srcdoc') frame.srcdoc = html
        else frame.src = URL.createObjectURL(new Blob([html], { type: 'text/html' }))
        document.body.append(frame)
      },
      [kind, appOrigin] as const
    )
    await expect.poll(() => page().frames().length).toBe(2)
    const frame = page().frames()[1] as Frame
    await frame.waitForFunction(() => 'page' in window)
    return frame
  }

  it.each(['srcdoc', 'blob'] as const)(
    'that is a %s document has the origin of its page',
    async (kind) => {
      const frame = await openFrame(kind)
      expect(await signIn(frame, { restore: 'never', baseURL: '/' })).toBe('done')
      expect(await frame.evaluate(() => window.page.attempt('refresh'))).toBe('done')
      expect(sent()).toEqual([`POST ${appOrigin}/login`, `POST ${appOrigin}/refresh`])
      const [, refresh] = origins.arrivals.filter(({ method }) => method === 'POST')
      expect(refresh && headerOf(refresh, 'idempotency-key')).toBeDefined()
    }
  )

  it.each([appOrigin, ownOrigin])(
    'that is sandboxed sends no header to %s that needs leave',
    async (baseURL) => {
      const frame = await openFrame('sandboxed')
      // The server refuses to sign a frame without an origin in, so only the restore refreshes.
      await signIn(frame, { restore: 'always', baseURL })
      const asked = origins.arrivals
        .filter(({ method, path }) => method === 'OPTIONS' && path !== '/')
        .map((arrival) => [arrival.path, headerOf(arrival, 'access-control-request-headers')])
      expect(asked).toEqual([
        ['/refresh', 'content-type'],
        ['/login', 'content-type']
      ])
    }
  )

  it.each(['', '/', './'])('that is sandboxed rejects the baseURL %j', async (baseURL) => {
    const frame = await openFrame('sandboxed')
    expect(await signIn(frame, { restore: 'never', baseURL })).toBe('ERR_AUTH_INVALID_OPTIONS')
    expect(sent()).toEqual([])
  })
})
