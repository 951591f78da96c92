// Cookie fetch: Node's `fetch` with a cookie jar, as a browser has one.
import { CookieJar } from 'tough-cookie'

export function createCookieFetch(): (url: string, init: RequestInit) => Promise<Response> {
  const cookieJar = new CookieJar()
  return async (url, init) => {
    const headers = new Headers(init.headers)
    const cookie = await cookieJar.getCookieString(url)
    if (cookie !== '') headers.set('Cookie', cookie)
    const response = await fetch(url, { ...init, headers })
    for (const setCookie of response.headers.getSetCookie())
      await cookieJar.setCookie(setCookie, url)
    return response
  }
}
