// Virtual tabs: several tabs of one virtual browser. They share cookies, storage, locks and a
// channel.
import type { AuthClient, AuthClientOptions, AuthEvents, Platform } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { MockAuthServer, MockAuthServerOptions, MockCall } from 'everbearer/mock'
import { createMockAuthServer } from 'everbearer/mock'
import { onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import { createSharedLocks } from './shared-locks.ts'
import { ada, eventNames, grace } from './test-client.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  type NetworkHooks,
  pageOrigin,
  type VirtualBrowser
} from './virtual-browser.ts'

export interface VirtualTab {
  readonly auth: AuthClient
  readonly events: { readonly name: keyof AuthEvents; readonly event: unknown }[]
  readonly platform: Partial<Platform>
  /** Navigates away. The page is frozen in the back/forward cache. */
  enterBfcache(): void
  /** Navigates back, which restores the page. */
  leaveBfcache(): void
  /** Suspends the tab. Its messages and timers wait until it thaws. */
  freeze(): void
  thaw(): void
  /** Stops the tab and releases its locks. Its requests still reach the server. */
  crash(): void
}

export interface TabsSetup {
  readonly server: MockAuthServer
  readonly browser: VirtualBrowser
  readonly clock: ManualClock
  openTab(options?: AuthClientOptions): VirtualTab
  callsTo(route: string): readonly MockCall[]
  /** Resolves when all work that needs no timer is done. */
  settle(): Promise<void>
  /** Lets time pass in steps, and settles after each step. */
  pass(ms: number, stepMs?: number): Promise<void>
  /** Posts to the channel, as any script of the origin can. */
  forge(message: unknown): void
}

export interface TabsOptions {
  readonly server?: MockAuthServerOptions
  readonly client?: AuthClientOptions
  readonly hooks?: NetworkHooks
  /** Delays each message between tabs. */
  readonly slowMessages?: () => Promise<void>
  readonly without?: readonly ('locks' | 'openChannel' | 'storage')[]
}

interface Listener {
  readonly name: string
  readonly receive: (message: unknown) => void
}

export function setUpTabs(options: TabsOptions = {}): TabsSetup {
  const clock = createManualClock()
  const server = createMockAuthServer({
    allowedOrigins: [pageOrigin],
    users: [ada, grace],
    now: clock.trueNow,
    refreshGraceSeconds: 0,
    ...options.server
  })
  const browser = createVirtualBrowser(server, options.hooks)
  const listeners = new Set<Listener>()
  const locks = createSharedLocks()
  let lastName = ''

  function broadcast(from: Listener | undefined, name: string, message: unknown): void {
    lastName = name
    const copy = structuredClone(message)
    for (const listener of listeners) {
      if (listener === from || listener.name !== name) continue
      void (options.slowMessages?.() ?? Promise.resolve()).then(() => {
        if (listeners.has(listener)) listener.receive(copy)
      })
    }
  }

  function openTab(changed: AuthClientOptions = {}): VirtualTab {
    const wakers = new Set<(wake: 'visible' | 'online') => void>()
    const hiders = new Set<() => void>()
    const mine = locks.forTab()
    const waiting: (() => void)[] = []
    let isFrozen = false
    let isDead = false
    const whenRunning = (work: () => void) => {
      if (isDead) return
      if (isFrozen) waiting.push(work)
      else work()
    }
    const { platform: replaced, ...rest } = { ...options.client, ...changed }
    const absent = Object.fromEntries((options.without ?? []).map((part) => [part, undefined]))
    const platform: Partial<Platform> = {
      ...clock.platform,
      ...browser.platform,
      setTimer: (callback, delayMs) =>
        clock.platform.setTimer(() => whenRunning(callback), delayMs),
      fetch: (url, init) =>
        new Promise((resolve, reject) => {
          if (isDead) return
          browser.platform.fetch?.(url, init).then(
            (response) => whenRunning(() => resolve(response)),
            (error) => whenRunning(() => reject(error))
          )
        }),
      onStorageChange: (listener) =>
        browser.platform.onStorageChange?.(() => whenRunning(listener)) ?? (() => {}),
      onWake(listener) {
        wakers.add(listener)
        // The device comes online for all tabs.
        const remove = browser.platform.onWake?.((wake) => whenRunning(() => listener(wake)))
        return () => {
          wakers.delete(listener)
          remove?.()
        }
      },
      onPageHide(listener) {
        hiders.add(listener)
        return () => hiders.delete(listener)
      },
      locks: {
        request: (...asked) => (isDead ? never() : mine.locks.request(...asked))
      },
      openChannel(name, onMessage) {
        const listener: Listener = { name, receive: (data) => whenRunning(() => onMessage(data)) }
        listeners.add(listener)
        return {
          post: (message) => broadcast(listener, name, message),
          close: () => void listeners.delete(listener)
        }
      },
      ...absent,
      ...replaced
    }
    const auth = createAuthClient({
      baseURL: apiOrigin,
      spreadRefreshes: false,
      ...rest,
      platform
    })
    auth.axios.defaults.adapter = browser.adapter
    const events: VirtualTab['events'] = []
    for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
    onTestFinished(auth.dispose)
    const run = () => {
      isFrozen = false
      for (const work of waiting.splice(0)) work()
    }
    const wake = () => {
      for (const listener of wakers) listener('visible')
    }
    return {
      auth,
      events,
      platform,
      enterBfcache() {
        for (const listener of hiders) listener()
        isFrozen = true
      },
      leaveBfcache() {
        run()
        wake()
      },
      freeze() {
        isFrozen = true
      },
      thaw() {
        run()
        wake()
      },
      crash() {
        isDead = true
        mine.release()
      }
    }
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await browser.settle()
  }

  return {
    server,
    browser,
    clock,
    openTab,
    settle,
    callsTo: (route) => server.calls.filter((call) => call.route === route),
    forge: (message) => broadcast(undefined, lastName, message),
    async pass(ms, stepMs = 10) {
      await settle()
      for (let left = ms; left > 0; left -= stepMs) {
        clock.tick(Math.min(stepMs, left))
        await settle()
      }
    }
  }
}

/** Lets time pass until the call should have settled, and returns its result. */
export async function finish<T>(
  { pass }: Pick<TabsSetup, 'pass'>,
  call: Promise<T>,
  ms = 300
): Promise<T> {
  const [result] = await Promise.all([call, pass(ms)])
  return result
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
