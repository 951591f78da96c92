// Cookie jar: the cookies of the emulated browser, for in-process clients that keep none themselves
// (Node's fetch, axios's http adapter).
//
// tough-cookie is loaded with the first cookie. Its public suffix list outweighs the rest of the
// mock, and a page never needs it: there the browser keeps the cookies.

import type { CookieJar as ToughJar } from 'tough-cookie'
import type { IsCurrent } from '../lib/reset-generation.ts'

export interface CookieJar {
  /** The cookies that a browser sends to this URL. */
  cookiesFor(url: string): Promise<Readonly<Record<string, string>>>
  /** Stores cookies as a browser does, unless the server was reset in the meantime. */
  store(url: string, setCookies: readonly string[], isCurrent: IsCurrent): Promise<void>
  reset(): void
}

/** `pageOrigin` returns the origin of the page that sends the requests, if there is a page. */
export function createCookieJar(pageOrigin: () => string | undefined): CookieJar {
  let cookieJar: ToughJar | undefined

  return {
    async cookiesFor(url) {
      const jar = cookieJar
      if (jar === undefined) return {}
      const sameSiteContext = await siteContext(url, pageOrigin())
      const stored = jar.getCookiesSync(url, { sameSiteContext })
      return Object.fromEntries(stored.map(({ key, value }) => [key, value]))
    },

    async store(url, setCookies, isCurrent) {
      if (setCookies.length === 0) return
      const { CookieJar } = await import('tough-cookie')
      const sameSiteContext = await siteContext(url, pageOrigin())
      if (!isCurrent()) return
      cookieJar ??= new CookieJar()
      for (const setCookie of setCookies) {
        cookieJar.setCookieSync(setCookie, url, { sameSiteContext, ignoreError: true })
      }
    },

    reset() {
      cookieJar = undefined
    }
  }
}

/** Without a page, the client counts as a page of the API's own site (6265bis §5.2). */
async function siteContext(
  url: string,
  pageOrigin: string | undefined
): Promise<'strict' | 'none'> {
  if (pageOrigin === undefined) return 'strict'
  const { getPublicSuffix } = await import('tough-cookie')
  const siteOf = ({ protocol, hostname }: URL): string => {
    const options = { allowSpecialUseDomain: true, ignoreError: true }
    return `${protocol}//${getPublicSuffix(hostname, options) ?? hostname}`
  }
  return siteOf(new URL(url)) === siteOf(new URL(pageOrigin)) ? 'strict' : 'none'
}
