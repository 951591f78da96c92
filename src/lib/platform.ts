// Platform: the only file that reads browser globals. Every part can be replaced by an option.

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
 * the clock and the timers in a test, or `fetch` with one that has a cookie jar in Node.
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
  /**
   * Calls `callback` once after `delayMs` milliseconds, at most 2^31 - 1. Returns a function that
   * cancels.
   */
  setTimer(callback: () => void, delayMs: number): () => void
  /**
   * A random number, at least 0 and less than 1. It serves for jitter and never for secrets.
   *
   * @default Math.random
   */
  random(): number
  /** A new unguessable ID, used as `Idempotency-Key` of a refresh. */
  randomId(): string
  /** The base for relative URLs; `undefined` outside a page. */
  pageUrl(): string | undefined
  /** Whether the page is in the foreground; `true` outside a page. */
  isVisible(): boolean
  /** `false` if the device reports that it has no network. `true` does not promise a connection. */
  isOnline(): boolean
  /**
   * Calls `listener` after the page may have slept or the network has changed. Returns a function
   * that removes it.
   */
  onWake(listener: (wake: Wake) => void): () => void
  /**
   * Warns the developer of a likely mistake. Called in development only.
   *
   * @default console.warn
   */
  warn(message: string): void
  /**
   * Calls `listener` when the page unloads or enters the back/forward cache. Returns a function
   * that removes it.
   */
  onPageHide(listener: () => void): () => void
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

/** `visible`: the page became visible or was restored. `online`: the network came back. */
export type Wake = 'visible' | 'online'

/**
 * The global `fetch`, looked up at each call so that a later replacement (msw, a tracer) is used.
 */
export const pageFetch: typeof fetch = (input, init) => globalThis.fetch(input, init)

export function createPlatform(replaced: Partial<Platform> = {}): Platform {
  return { ...defaultPlatform(), ...replaced }
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
  // In Node a timer is an object. Waiting for a token's expiry must not keep the process alive.
  if (
    typeof timer === 'object' &&
    timer !== null &&
    'unref' in timer &&
    typeof timer.unref === 'function'
  )
    timer.unref()
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
}

// `crypto.randomUUID` is missing outside secure contexts; `getRandomValues` is not.
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function onWake(listener: (wake: Wake) => void): () => void {
  function visible(): void {
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

// Merely reading the property throws if the browser's settings block storage.
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
