// Page setup: a page of https://app.example in Chromium, with all other hosts emulated by the test.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { openChromium } from '../../support/browsers/app-and-api.ts'
import { serveBuiltPage } from '../../support/browsers/built-page.ts'
import {
  ada,
  appOrigin,
  type OriginsSetup,
  ownOrigin,
  respond,
  setUpOrigins,
  withCors
} from '../../support/setups/trusted-and-foreign-origins.ts'
import type { PageAnswer, PageCall, PageEvent, PageOptions, PageTransport } from './page/main.ts'

export interface PageSetup {
  readonly origins: OriginsSetup
  page(): Page
  /** Creates a client and signs Ada in; resolves to her token. */
  signIn(options?: PageOptions, credentials?: object): Promise<string>
  send(transport: PageTransport, call: PageCall): Promise<PageAnswer>
  token(): Promise<string>
  events(): Promise<readonly PageEvent[]>
}

export const pageTransports: readonly PageTransport[] = ['xhr', 'fetch', 'fetch without redirects']

/** `app` is the origin of the page, and `own` the origin of its API. */
export function setUpPage(app: string = appOrigin, own: string = ownOrigin): PageSetup {
  let site: Awaited<ReturnType<typeof serveBuiltPage>> | undefined
  let page: Page | undefined

  const origins: OriginsSetup = setUpOrigins({
    callers: 'a browser',
    appOrigin: app,
    ownOrigin: own,
    // The page's origin plays the auth server too, for a relative `baseURL`.
    async app(request) {
      const { url } = request
      const { server } = origins
      if (request.method === 'OPTIONS' || server.owns(request))
        return withCors((asked) => server.handle(asked))(request)
      const answer = await fetch(new URL(new URL(url).pathname, site?.url))
      const type = answer.headers.get('Content-Type') ?? 'text/plain'
      // A frame without an origin loads its script cross-origin.
      const headers = { 'Content-Type': type, 'Access-Control-Allow-Origin': '*' }
      return respond(answer.status, headers, await answer.text())
    }
  })
  const opened = (): Page => {
    if (page === undefined) throw new Error('the page is not open yet')
    return page
  }

  const browser = openChromium()
  beforeAll(async () => {
    site = await serveBuiltPage(join(import.meta.dirname, 'page'), {})
    const proxy = { server: origins.proxyUrl(), bypass: '<-loopback>' }
    page = await (await browser().newContext({ ignoreHTTPSErrors: true, proxy })).newPage()
    await page.goto(`${app}/`)
  })
  afterAll(() => site?.close())

  return {
    origins,
    page: opened,
    signIn: (options = {}, credentials = ada) =>
      opened().evaluate(
        async ([given, who]) => {
          window.page.create(given)
          await window.page.auth.login(who)
          return window.page.auth.getAccessToken()
        },
        [
          { baseURL: own, restore: 'never', spreadRefreshes: false, ...options },
          credentials
        ] as const
      ),
    send: (transport, call) =>
      opened().evaluate(([how, what]) => window.page.send(how, what), [transport, call] as const),
    token: () => opened().evaluate(() => window.page.auth.getAccessToken()),
    events: () => opened().evaluate(() => window.page.events)
  }
}
