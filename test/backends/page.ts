// Page: a client in a browser, as a page load creates it, and waits for its token to expire.
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuthClient, createAuthClient, type Platform } from 'everbearer'
import { afterAll } from 'vitest'
import type { Backend } from './backends.ts'
import { type Browser, createBrowser } from './browser.ts'

export interface Site {
  readonly backend: Backend
  readonly baseURL: string
}

export type Page = AuthClient<object, unknown>

const pages: Page[] = []
afterAll(() => {
  for (const page of pages) page.dispose()
})

/** The client has nothing beside the contract, except what Node lacks. */
export function openPage(
  { backend, baseURL }: Site,
  { fetch, readCookie, refreshTokens }: Browser,
  platform: Partial<Platform> = {}
): Page {
  const { contract } = backend
  const { refresh } = contract
  const hasStore = typeof refresh === 'object' && refresh.credential === 'refresh-token'
  const client = createAuthClient({
    baseURL,
    contract,
    restore: 'always',
    ...(hasStore ? { refreshTokenStore: refreshTokens } : {}),
    platform: { fetch, readCookie, ...platform }
  })
  pages.push(client)
  return client
}

interface SignedIn {
  readonly browser: Browser
  readonly client: Page
  /** The result of `login()`. */
  readonly answer: unknown
}

/** Opens a page in a new browser and signs in. */
export async function signIn(site: Site, platform?: Partial<Platform>): Promise<SignedIn> {
  const browser = createBrowser()
  const client = openPage(site, browser, platform)
  const answer: unknown = await client.login(await credentialsFor(site, browser))
  return { browser, client, answer }
}

export async function credentialsFor(
  { backend: { credentials }, baseURL }: Site,
  browser: Browser
): Promise<object> {
  return typeof credentials === 'function' ? credentials(baseURL, browser) : credentials
}

/** Waits for `exp` of a JWT, and until the server refuses the token. */
export async function untilRefused({ backend, baseURL }: Site, token: string): Promise<void> {
  await sleep(Math.max(0, (expiryOf(token) ?? 0) - Date.now()))
  const headers = { Authorization: `Bearer ${token}` }
  for (;;) {
    const { status } = await fetch(baseURL + backend.api, { headers })
    if (status === 401) return
    await sleep(100)
  }
}

function expiryOf(token: string): number | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).exp * 1000
}

/** A platform on which time stands still, so that the client takes an expired token for valid. */
export function stoppedClock(): Pick<Platform, 'now' | 'monotonicNow'> {
  const now = Date.now()
  const monotonicNow = performance.now()
  return { now: () => now, monotonicNow: () => monotonicNow }
}

/** A device with a clock that is wrong by this many hours. */
export function clockOffBy(hours: number): Pick<Platform, 'now'> {
  return { now: () => Date.now() + hours * 3_600_000 }
}

/** A page in the background, which does not refresh its token on schedule. */
export function hiddenPage(): Pick<Platform, 'isVisible'> {
  return { isVisible: () => false }
}

/** A platform on which the test reports that the network is back. */
export function reportedNetwork(): Pick<Platform, 'onWake'> & { comeBack(): void } {
  const listeners = new Set<Parameters<Platform['onWake']>[0]>()
  return {
    onWake(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    comeBack() {
      for (const listener of listeners) listener('online')
    }
  }
}
