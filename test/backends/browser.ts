// Browser: the cookies and the refresh token store that Node lacks, kept across page loads.
import type { Platform, RefreshTokenStore } from 'everbearer'
import { CookieJar } from 'tough-cookie'
import { canaryHunter } from '../support/hunt/canary.ts'

interface AuthCall {
  readonly path: string
  readonly status: number
}

export interface Browser {
  readonly fetch: Platform['fetch']
  readonly readCookie: Platform['readCookie']
  readonly refreshTokens: RefreshTokenStore
  /** The auth requests, in order of their answers. */
  readonly calls: AuthCall[]
  readonly network: { isDown: boolean }
  /** A browser with the same cookies and the same refresh token. */
  copy(): Browser
  /** Copies taken after each answer that set a cookie or held a refresh token. */
  readonly copies: Browser[]
}

export function createBrowser(jar: CookieJar = createJar(), refreshToken?: string): Browser {
  const calls: AuthCall[] = []
  const copies: Browser[] = []
  const network = { isDown: false }
  let url = 'http://127.0.0.1'
  let stored = refreshToken

  async function exchange(target: string, init: RequestInit): Promise<Response> {
    if (init.credentials === 'omit') return fetch(target, init)
    const headers = new Headers(init.headers)
    const sent = await jar.getCookieString(target)
    if (sent !== '') headers.set('Cookie', sent)
    const response = await fetch(target, { ...init, headers })
    url = target
    for (const cookie of response.headers.getSetCookie()) {
      learn((await jar.setCookie(cookie, target))?.value)
    }
    return response
  }

  async function fetchAndRecord(target: string, init: RequestInit): Promise<Response> {
    if (network.isDown) throw new TypeError('The network is down.')
    const response = await exchange(target, init)
    const body = stringsIn(await readJson(response.clone()))
    if (response.ok) for (const value of body.values()) learn(value)
    const token = body.get('refresh_token') ?? body.get('refresh')
    if (response.headers.has('Set-Cookie') || token !== undefined) {
      copies.push(createBrowser(jar.cloneSync(), token))
    }
    calls.push({ path: new URL(target).pathname, status: response.status })
    return response
  }

  return {
    fetch: fetchAndRecord,
    readCookie: (name) =>
      jar.getCookiesSync(url).find(({ key, httpOnly }) => key === name && !httpOnly)?.value,
    refreshTokens: {
      get: () => stored,
      set: (token) => {
        stored = token
      },
      remove: () => {
        stored = undefined
      }
    },
    calls,
    network,
    copy: () => createBrowser(jar.cloneSync(), stored),
    copies
  }
}

/** Like a browser, the jar accepts `Secure` cookies of a loopback host. */
function createJar(): CookieJar {
  return new CookieJar(undefined, { allowSecureOnLocal: true })
}

async function readJson(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined)
}

/** The texts of a JSON value by name, at any depth. */
function stringsIn(value: unknown, name = ''): ReadonlyMap<string, string> {
  if (typeof value === 'string') return new Map([[name, value]])
  if (typeof value !== 'object' || value === null) return new Map()
  return new Map(Object.entries(value).flatMap((entry) => [...stringsIn(entry[1], entry[0])]))
}

/** The token hunt then fails a test in which the token leaks. A JWT is secret by its signature. */
function learn(value = ''): void {
  if (/^[\w.~+/=-]{32,}$/.test(value)) canaryHunter.learn(value.split('.').at(-1) ?? '')
}
