// Node's fetch with a cookie jar, which is what a browser is to the auth endpoints.
import { CookieJar } from 'tough-cookie'

export function createCookieFetch(): (url: string, init: RequestInit) => Promise<Response> {
  const jar = new CookieJar()
  return async (url, init) => {
    const headers = new Headers(init.headers)
    const cookie = await jar.getCookieString(url)
    if (cookie !== '') headers.set('Cookie', cookie)
    const response = await fetch(url, { ...init, headers })
    for (const setCookie of response.headers.getSetCookie()) await jar.setCookie(setCookie, url)
    return response
  }
}
