// One virtual browser's cookies, for in-process clients that have no jar of their own: Node's fetch and axios's http adapter.
//
// tough-cookie is loaded when the first cookie is needed: with its list of public suffixes it weighs more than everything
// else in here, and in a page, where the browser keeps the cookies, it is never needed.

import type { CookieJar as ToughJar } from 'tough-cookie'
import type { MockAdapter } from '../calls/call.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import { documentOrigin, isInProcess } from './browser.ts'
import { headerValue, type WireRequest, type WireResponse } from './message.ts'

/** Where the cookies of in-process clients come from; see `MockAuthServerOptions.cookies`. */
export type CookieMode = 'headers' | 'jar' | 'auto'

export interface CookieJar {
  /** Does the jar stand in for this client? One that shows its origin, as pages do, has a jar of its own. */
  serves(request: WireRequest, adapter: MockAdapter): boolean
  /** The request together with the cookies that a browser would add to it; a `Cookie` header of the client's wins. */
  fill(request: WireRequest): Promise<WireRequest>
  /** Keeps the cookies of an answer as a browser would, unless a reset has overtaken it. */
  keep(
    request: Pick<WireRequest, 'url'>,
    response: Pick<WireResponse, 'setCookies' | 'fault'>,
    isCurrent: IsCurrent
  ): Promise<void>
  reset(): void
}

type SiteContext = 'strict' | 'none'

export interface CookieJarDeps {
  readonly cookies: CookieMode
  readonly pageOrigin: string | undefined
}

export function createCookieJar(rules: CookieJarDeps): CookieJar {
  const mode = rules.cookies
  const pageOrigin = (): string | undefined => rules.pageOrigin ?? documentOrigin()
  let cookieJar: ToughJar | undefined

  return {
    serves(request, adapter) {
      if (!isInProcess(adapter) || mode === 'headers') return false
      if (mode === 'auto' && typeof document !== 'undefined') return false
      if (headerValue(request, 'origin') !== undefined) return false
      const origin = pageOrigin()
      const isForeign = origin !== undefined && new URL(request.url).origin !== origin
      return request.credentials !== 'omit' && !(request.credentials === 'same-origin' && isForeign)
    },

    async fill(request) {
      const asked = cookieJar
      if (asked === undefined) return request
      const sameSiteContext = await siteContext(request.url, pageOrigin())
      const stored = asked.getCookiesSync(request.url, { sameSiteContext })
      const cookies = Object.fromEntries(stored.map(({ key, value }) => [key, value]))
      return { ...request, cookies: { ...cookies, ...request.cookies } }
    },

    async keep({ url }, { setCookies, fault }, isCurrent) {
      if (setCookies.length === 0 || fault === 'network') return
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

/** Without a page of its own the client counts as one on the API's own site (6265bis §5.2). */
async function siteContext(url: string, pageOrigin: string | undefined): Promise<SiteContext> {
  if (pageOrigin === undefined) return 'strict'
  const { getPublicSuffix } = await import('tough-cookie')
  const siteOf = ({ protocol, hostname }: URL): string => {
    const options = { allowSpecialUseDomain: true, ignoreError: true }
    return `${protocol}//${getPublicSuffix(hostname, options) ?? hostname}`
  }
  return siteOf(new URL(url)) === siteOf(new URL(pageOrigin)) ? 'strict' : 'none'
}
