// Platform: the only file that reads browser globals. Every part can be replaced by an option.
import { own } from './checks.ts'

/** A key-value store for values that are not secret: `localStorage` in a page. */
export interface PlatformStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The part of the Web Locks API that the client uses. */
export interface PlatformLocks {
  /** With `ifAvailable`, `task` runs immediately, with `null` if the lock is taken. */
  request<T>(
    name: string,
    options: { readonly signal: AbortSignal } | { readonly ifAvailable: true },
    task: (lock: unknown) => Promise<T>
  ): Promise<T>
}

/** A channel to the other tabs of this browser. A tab does not receive its own messages. */
export interface PlatformChannel {
  post(message: unknown): void
  close(): void
}

/**
 * The environment of a client. `createAuthClient({ platform })` replaces any part of it, such as
 * the clock and the timers in a test, or `fetch` with one that has a cookie jar in Node. Each `on…`
 * returns a function that removes the listener.
 */
export interface Platform {
  /**
   * Sends the three auth requests (login, refresh, logout). The app's own requests do not use it:
   * they go through the axios adapter or, with `auth.fetch`, through the global `fetch`.
   *
   * @default the global `fetch`
   */
  fetch(url: string, init: RequestInit): Promise<Response>
  /**
   * The wall clock, in milliseconds since the epoch.
   *
   * @default Date.now
   */
  now(): number
  /**
   * A clock that never goes back, in milliseconds. It may stop while the device sleeps.
   *
   * @default performance.now
   */
  monotonicNow(): number
  /** Calls `callback` once after at most 2^31 - 1 milliseconds. Returns a function that cancels. */
  setTimer(callback: () => void, delayMs: number): () => void
  /**
   * A random number, at least 0 and less than 1. It serves for jitter and never for secrets.
   *
   * @default Math.random
   */
  random(): number
  /** A new ID, such as the `Idempotency-Key` of a refresh. It is not a secret. */
  randomId(): string
  /**
   * The URL of the page, against which the client resolves its own relative URLs. `undefined`
   * outside a page. `about:blank` in a page without an origin, such as a sandboxed frame.
   *
   * @default location.href
   */
  pageUrl(): string | undefined
  /**
   * The URL against which the browser resolves the relative URLs of the app's requests.
   *
   * @default document.baseURI; `pageUrl` if that is replaced
   */
  baseUrl(): string | undefined
  /** Whether the page is in the foreground; `true` outside a page. */
  isVisible(): boolean
  /** `false` if the device reports that it has no network. `true` does not promise a connection. */
  isOnline(): boolean
  /** Calls `listener` after the page may have slept or the network has changed. */
  onWake(listener: (wake: Wake) => void): () => void
  /**
   * Warns the developer of a likely mistake. Called in development only.
   *
   * @default console.warn
   */
  warn(message: string): void
  /** Calls `listener` when the page unloads, enters the back/forward cache or is frozen. */
  onPageHide(listener: () => void): () => void
  /** Calls `listener` when another tab may have written to `storage`. */
  onStorageChange(listener: () => void): () => void
  /** The origin of the page that led here; `undefined` if it is unknown, and after a reload. */
  referrerOrigin(): string | undefined
  /**
   * Reads a cookie that scripts may read, for the `csrf` field of the contract. Returns the decoded
   * value; `undefined` without such a cookie, and outside a page.
   */
  readCookie(name: string): string | undefined
  /** `undefined` if storage is missing or blocked. */
  readonly storage: PlatformStorage | undefined
  /** `undefined` without Web Locks, and always in Node, where locks would span worker threads. */
  readonly locks: PlatformLocks | undefined
  /**
   * Opens the channel with this name: a `BroadcastChannel` in a page. `undefined` if the browser
   * has no such channel, and always in Node: there it would carry one user's token into another
   * worker thread.
   */
  readonly openChannel:
    | ((name: string, onMessage: (message: unknown) => void) => PlatformChannel)
    | undefined
}

/** `visible`: the page became visible or runs again. `online`: the network came back. */
export type Wake = 'visible' | 'online'

/** The global `fetch`, looked up at each call: msw or a tracer may have replaced it. */
export const pageFetch: typeof fetch = (input, init) => globalThis.fetch(input, init)

export function createPlatform(replaced: Partial<Platform> = {}): Platform {
  const pageUrl = own(replaced, 'pageUrl')
  return { ...defaultPlatform(), ...(pageUrl && { baseUrl: pageUrl }), ...replaced }
}

function defaultPlatform(): Platform {
  const hasPage = typeof document !== 'undefined'
  return {
    fetch: pageFetch,
    now: () => Date.now(),
    monotonicNow: () => performance.now(),
    setTimer,
    random: () => Math.random(),
    randomId,
    pageUrl: hasPage ? readPageUrl : () => undefined,
    baseUrl: () => (hasPage ? document.baseURI : undefined),
    isVisible: () => !hasPage || document.visibilityState !== 'hidden',
    isOnline: () => typeof navigator === 'undefined' || navigator.onLine !== false,
    onWake: hasPage ? onWake : () => () => {},
    warn: (message) => console.warn(message),
    onPageHide: hasPage ? onPageHide : () => () => {},
    onStorageChange: (listener) => (hasPage ? listen(window, 'storage', listener) : () => {}),
    referrerOrigin: () => (hasPage ? attempt(referrerOrigin) : undefined),
    readCookie: hasPage ? readCookie : () => undefined,
    storage: hasPage ? attempt(() => window.localStorage) : undefined,
    locks: isNode() ? undefined : pageLocks(),
    openChannel: isNode() || typeof BroadcastChannel === 'undefined' ? undefined : openChannel
  }
}

/** Not `document.baseURI`: an injected `<base>` could move the auth requests to another origin. */
function readPageUrl(): string {
  const { href, protocol, origin } = location
  // `location` has the origin of the address; a sandboxed frame does not.
  const own = self.origin ?? origin
  if (own === 'null') return 'about:blank'
  // The origin of an `about:srcdoc` or `blob:` page is that of its creator.
  return protocol === 'about:' || protocol === 'blob:' ? `${own}/` : href
}

function setTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs)
  // In Node a timer is an object. Waiting for a token's expiry must not keep the process alive.
  const { unref }: { readonly unref?: unknown } = Object(timer)
  if (typeof unref === 'function') unref.call(timer)
  return () => clearTimeout(timer)
}

// `crypto.randomUUID` is missing outside secure contexts; `getRandomValues` is not. Without
// WebCrypto, as in React Native, the IDs can be guessed. They are not secrets.
function randomId(): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.random() * 256)
  if (typeof crypto !== 'undefined') crypto.getRandomValues(bytes)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

// A page may return from the cache, or be resumed, while it is hidden.
function onWake(listener: (wake: Wake) => void): () => void {
  const visible = () => document.visibilityState !== 'hidden' && listener('visible')
  return combine([
    listen(document, 'visibilitychange', visible),
    listen(document, 'resume', () => listener('visible')),
    listen(window, 'pageshow', () => listener('visible')),
    listen(window, 'focus', visible),
    listen(window, 'online', () => listener('online'))
  ])
}

// Chromium freezes a hidden page without `pagehide`.
function onPageHide(listener: () => void): () => void {
  return combine([listen(window, 'pagehide', listener), listen(document, 'freeze', listener)])
}

function combine(removers: readonly (() => void)[]): () => void {
  return () => {
    for (const remove of removers) remove()
  }
}

// A reloaded page keeps its referrer.
function referrerOrigin(): string | undefined {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return page?.type === 'navigate' ? new URL(document.referrer).origin : undefined
}

function listen(target: EventTarget, type: string, listener: () => void): () => void {
  const call = () => listener()
  target.addEventListener(type, call)
  return () => target.removeEventListener(type, call)
}

function openChannel(name: string, onMessage: (message: unknown) => void): PlatformChannel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => onMessage(data)
  return { post: (message) => channel.postMessage(message), close: () => channel.close() }
}

function readCookie(name: string): string | undefined {
  const pair = attempt(() => document.cookie)
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${name}=`))
  const value = pair?.slice(name.length + 1)
  // A value may not be percent-encoded, such as `100%`.
  return value && (attempt(() => decodeURIComponent(value)) ?? value)
}

/** Reading storage or cookies throws in a sandboxed frame, and if the settings block them. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function pageLocks(): PlatformLocks | undefined {
  const locks = readLocks()
  return (
    locks && {
      // The browser also reads inherited options, and `Object.prototype` may be polluted.
      request: (name, options, task) =>
        locks.request(name, Object.assign(Object.create(null), options), task)
    }
  )
}

const readLocks = () => globalThis.navigator?.locks as PlatformLocks | undefined

// Electron and NW.js give a page the globals of Node too.
function isNode(): boolean {
  if (typeof process === 'undefined' || typeof process.versions?.node !== 'string') return false
  const isRenderer = Object.hasOwn(process, 'type') && Reflect.get(process, 'type') === 'renderer'
  return !isRenderer && !hasNativeLocks()
}

/** Whether a browser provides Web Locks. Node has its own, written in JavaScript. */
function hasNativeLocks(): boolean {
  if (typeof document === 'undefined') return false
  return String(readLocks()?.request).includes('[native code]')
}
