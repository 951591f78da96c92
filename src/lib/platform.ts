// The only file that reads browser globals: network, clocks, timers, chance, the page and its life, storage, locks, channel.

/** A key-value store for facts that are no secret (`localStorage` in a page). */
export interface PlatformStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The part of the Web Locks API that is used. */
export interface PlatformLocks {
  /** With `ifAvailable` the task runs at once: with `null` where the lock is not free. */
  request<T>(
    name: string,
    options: { readonly signal: AbortSignal } | { readonly ifAvailable: true },
    task: (lock: unknown) => Promise<T>
  ): Promise<T>
}

/** A channel to the other tabs of this browser. What one tab posts, all others get, and it does not. */
export interface PlatformChannel {
  post(message: unknown): void
  close(): void
}

/**
 * What everbearer needs of its surroundings. Hand in any part of it as `createAuthClient({ platform })` to replace
 * that part, for instance the clock and the timers in a test, or a `fetch` with a cookie jar in Node.
 */
export interface Platform {
  /**
   * Sends the three auth requests (login, refresh, logout). Default: the global `fetch`. The app's own requests go their
   * own way: through axios's adapter, or, with `auth.fetch`, through the global `fetch`.
   */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Wall clock, in milliseconds since the epoch. Default: `Date.now`. */
  now(): number
  /** A clock that never steps back, in milliseconds. It may stand still while the device sleeps. Default: `performance.now`. */
  monotonicNow(): number
  /** Calls back once after `delayMs` milliseconds (at most 2^31 - 1) and returns the cancellation. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** A number in [0, 1). Default: `Math.random`; it spreads load and decides nothing secret. */
  random(): number
  /** A new unguessable identifier, for the `Idempotency-Key` of a refresh. */
  randomId(): string
  /** The URL against which relative ones resolve; `undefined` where there is no page. */
  pageUrl(): string | undefined
  /** Is the page in the foreground? `true` where there is no page. */
  isVisible(): boolean
  /** `false` where the device says that it has no network; `true` promises nothing. */
  isOnline(): boolean
  /** Calls back whenever the page may have slept or changed its network; returns the remover. */
  onWake(listener: (wake: Wake) => void): () => void
  /** Tells the developer of a likely mistake; called in development only. Default: `console.warn`. */
  warn(message: string): void
  /** Calls back when the page is left, for good or for the back/forward cache; returns the remover. */
  onPageHide(listener: () => void): () => void
  /** `undefined` where there is none or it is blocked. */
  readonly storage: PlatformStorage | undefined
  /** `undefined` where there are none, and always in Node, where they would cross worker threads. */
  readonly locks: PlatformLocks | undefined
  /**
   * Opens the channel of this name (a `BroadcastChannel` in a page). `undefined` where there is none, and always in Node,
   * where it would carry one user's token into another worker thread.
   */
  readonly openChannel:
    | ((name: string, onMessage: (message: unknown) => void) => PlatformChannel)
    | undefined
}

/** Why the platform woke us: the page became visible or was restored, or the network came back. */
export type Wake = 'visible' | 'online'

/** The global `fetch`, looked up at each call: whoever replaces it (msw, a tracer) sees the request. */
export const pageFetch: typeof fetch = (input, init) => globalThis.fetch(input, init)

export function createPlatform(replaced: Partial<Platform> = {}): Platform {
  return { ...surroundings(), ...replaced }
}

function surroundings(): Platform {
  const hasPage = typeof document !== 'undefined'
  return {
    fetch: pageFetch,
    now: () => Date.now(),
    monotonicNow: () => performance.now(),
    setTimer,
    random: () => Math.random(),
    randomId,
    pageUrl: () => (hasPage ? document.baseURI : undefined),
    isVisible: () => !hasPage || document.visibilityState !== 'hidden',
    isOnline: () => typeof navigator === 'undefined' || navigator.onLine !== false,
    onWake: hasPage ? onWake : () => () => {},
    warn: (message) => console.warn(message),
    onPageHide: hasPage ? onPageHide : () => () => {},
    storage: hasPage ? readStorage() : undefined,
    locks: isNode() ? undefined : readLocks(),
    openChannel: isNode() || typeof BroadcastChannel === 'undefined' ? undefined : openChannel
  }
}

function setTimer(callback: () => void, delayMs: number): () => void {
  const timer: unknown = setTimeout(callback, delayMs)
  // In Node a timer is an object, and one that waits for a token's expiry must not keep the process alive.
  if (
    typeof timer === 'object' &&
    timer !== null &&
    'unref' in timer &&
    typeof timer.unref === 'function'
  )
    timer.unref()
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
}

// `crypto.randomUUID` exists in secure contexts only; `getRandomValues` everywhere.
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function onWake(listener: (wake: Wake) => void): () => void {
  const visible = () => {
    if (document.visibilityState !== 'hidden') listener('visible')
  }
  const online = () => listener('online')
  document.addEventListener('visibilitychange', visible)
  document.addEventListener('resume', visible)
  window.addEventListener('pageshow', visible)
  window.addEventListener('focus', visible)
  window.addEventListener('online', online)
  return () => {
    document.removeEventListener('visibilitychange', visible)
    document.removeEventListener('resume', visible)
    window.removeEventListener('pageshow', visible)
    window.removeEventListener('focus', visible)
    window.removeEventListener('online', online)
  }
}

function onPageHide(listener: () => void): () => void {
  const hide = () => listener()
  window.addEventListener('pagehide', hide)
  return () => window.removeEventListener('pagehide', hide)
}

function openChannel(name: string, onMessage: (message: unknown) => void): PlatformChannel {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => onMessage(data)
  return { post: (message) => channel.postMessage(message), close: () => channel.close() }
}

// Reading the property alone throws where a browser's settings block storage.
function readStorage(): PlatformStorage | undefined {
  try {
    return window.localStorage
  } catch {
    return undefined
  }
}

function readLocks(): PlatformLocks | undefined {
  return typeof navigator === 'undefined'
    ? undefined
    : (navigator.locks as PlatformLocks | undefined)
}

function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string'
}
