// Profile under test: one browser with its server, its pages and their clients, and the facts that
// the watchers need.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer, type MockAuthServer, type WireResponse } from 'everbearer/mock'
import { createManualClock, type ManualClock } from '../../support/clocks/manual-clock.ts'
import { ada, eventNames, grace } from '../../support/setups/test-client.ts'
import { createProfileChannels, type ProfileChannels } from '../browser/channels.ts'
import { createDraws, type Draw } from '../browser/draws.ts'
import { createProfileLocks, type ProfileLocks } from '../browser/locks.ts'
import {
  apiOrigin,
  createNetwork,
  type NetworkRequest,
  type ProfileNetwork,
  pageOrigin
} from '../browser/network.ts'
import { createPage, type Page } from '../browser/page.ts'
import { createProfileStorage, type ProfileStorage } from '../browser/storage.ts'
import {
  type Call,
  type Client,
  type Facts,
  heldSid,
  readClaims,
  readIssued,
  readReissued,
  type Sent,
  type ServerSession,
  type Troubles,
  type Watcher
} from './facts.ts'
import type { Action, Conditions } from './steps.ts'

/** A server with its own users' sessions and its own cookie. */
export interface Backend {
  readonly server: MockAuthServer
  readonly network: ProfileNetwork
}

/** One page in a tab. `second` is another client on the same page. */
export interface Tab {
  readonly page: Page
  readonly main: Client
  readonly second: Client
}

export interface Profile extends Facts {
  readonly clock: ManualClock
  readonly draw: Draw
  readonly troubles: Troubles
  readonly backend: Backend
  readonly secondBackend: Backend
  readonly storage: ProfileStorage
  readonly locks: ProfileLocks | undefined
  readonly channels: ProfileChannels | undefined
  /** Everything that the apps have seen. */
  readonly seen: unknown[]
  watch(...watchers: readonly Watcher[]): void
  openTab(tab: number, restore: Conditions['restore']): Tab
  noteStep(action: Action, tab: number): void
  /** Makes the call once the watchers know of it: a request may be sent at once. */
  call<T>(call: Omit<Call, 'at' | 'promise'>, make: () => Promise<T>): Promise<T>
  noteChange(): void
  notePass(): void
  noteEnd(): void
  /** Whether work of any network is left to process. */
  settle(): Promise<void>
}

export function createProfile(conditions: Conditions): Profile {
  const clock = createManualClock(conditions.deviceOffsetMs)
  const draw = createDraws(conditions.seed)
  const violations: string[] = []
  const watchers: Watcher[] = []
  const clients: Client[] = []
  const sent: Sent[] = []
  const seen: unknown[] = []
  const sessions = new Map<string, ServerSession>()
  const tokens = new Set<string>()
  const never = Number.NEGATIVE_INFINITY
  const troubles: Troubles = {
    storageMs: never,
    locksMs: never,
    pagesMs: never,
    clockMs: never,
    oldReleaseMs: never
  }
  const storage = createProfileStorage(clock, draw)
  const processes = Array.from({ length: conditions.tabs }, () => storage.openProcess())
  const locks = conditions.hasLocks ? createProfileLocks(clock, draw) : undefined
  const channels =
    conditions.channel === 'missing'
      ? undefined
      : createProfileChannels(clock, draw, conditions.channel)
  let moment = 0
  let changedAt = 0
  let cookieSid: string | undefined
  let authInFlight = 0
  let hasOverlapped = false
  let pages = 0
  const tick = () => {
    moment += 1
    return moment
  }

  function createBackend(isSecond: boolean): Backend {
    const server = createMockAuthServer({
      accessTokenSeconds: conditions.accessTokenSeconds,
      refreshGraceSeconds: conditions.graceSeconds,
      allowedOrigins: [pageOrigin],
      users: [ada, grace],
      now: clock.trueNow
    })
    const network = createNetwork(server, clock, draw, conditions.network, {
      onServed(request, response) {
        noteIssued(request, response)
        for (const watcher of watchers) watcher.onServed?.(request, response)
      },
      onCookie(_, response) {
        if (!isSecond) cookieSid = readClaims(readIssued(response))?.sid
      }
    })
    return { server, network }
  }

  function noteIssued(request: NetworkRequest, response: WireResponse): void {
    const issued = readIssued(response)
    const claims = readClaims(issued)
    for (const token of [issued, readReissued(response)]) if (token) tokens.add(token)
    if (claims === undefined || !request.url.endsWith('/login')) return
    const { call } = JSON.parse(request.body) as { readonly call?: number }
    sessions.set(claims.sid, { sub: claims.sub, beganAt: call ?? moment })
  }

  function createClient(page: Page, tab: number, isSecond: boolean, backend: Backend, restore: Conditions['restore']): Client {
    const auth = createAuthClient({
      baseURL: apiOrigin,
      restore,
      tabs: conditions.mode,
      contract: { refresh: { idempotencyKey: 'always' } },
      ...(isSecond ? { name: 'second' } : {}),
      platform: page.platformOf(backend.network, isSecond)
    })
    auth.axios.defaults.adapter = page.adapterOf(backend.network, isSecond)
    const client: Client = {
      auth,
      page,
      tab,
      isSecond,
      openedAt: tick(),
      sid: heldSid(auth),
      loggedOutAt: 0,
      restoreCalledAt: 0,
      endedAt: 0
    }
    clients.push(client)
    for (const name of eventNames) {
      auth.on(name, (event) => {
        if (page.isGone()) return
        seen.push(event)
        if (!isSecond && (name === 'signed-in' || name === 'signed-out')) changedAt = tick()
        for (const watcher of watchers) watcher.onEvent?.(client, name, { ...event })
      })
    }
    return client
  }

  function noteSent(page: Page, isSecond: boolean, request: NetworkRequest): Sent {
    const { pathname, searchParams } = new URL(request.url)
    const client = clients.findLast((one) => one.page === page && one.isSecond === isSecond)
    const token = /^Bearer (.+)$/.exec(request.headers.Authorization ?? '')?.[1]
    const one: Sent = {
      client: client ?? pending(page, isSecond),
      request,
      pathname,
      token,
      claims: readClaims(token),
      n: searchParams.get('n') ?? undefined,
      key: request.headers['Idempotency-Key'],
      at: tick(),
      atMs: clock.platform.monotonicNow(),
      outcome: undefined,
      settledAtMs: Number.POSITIVE_INFINITY,
      isFinished: false
    }
    sent.push(one)
    return one
  }

  /** A client may send its first request before `createAuthClient()` returns. */
  function pending(page: Page, isSecond: boolean): Client {
    throw new Error(`page ${page.id} sent a request at once (second: ${isSecond})`)
  }

  const backend = createBackend(false)
  const secondBackend = createBackend(true)

  const profile: Profile = {
    conditions,
    violations,
    violate: (invariant, what) => void violations.push(`${invariant}: ${what}`),
    nowMs: clock.platform.monotonicNow,
    tick,
    now: () => moment,
    clients,
    sessions,
    troubles,
    sent,
    changedAt: () => changedAt,
    cookieSession: () => cookieSid,
    hasOverlapped: () => hasOverlapped,
    tokens,
    clock,
    draw,
    backend,
    secondBackend,
    storage,
    locks,
    channels,
    seen,
    watch: (...added) => void watchers.push(...added),
    openTab(tab, restore) {
      pages += 1
      const page = createPage({
        id: pages,
        clock,
        locks,
        channels,
        storage: processes[tab] ?? storage.openProcess(),
        random: () => draw(`random of page in tab ${tab}`),
        hooks: {
          onSend(request, isSecond) {
            const one = noteSent(page, isSecond, request)
            const isAuth = !['/notes', '/refused'].includes(one.pathname) && !isSecond
            if (isAuth) {
              hasOverlapped ||= authInFlight > 0
              authInFlight += 1
            }
            for (const watcher of watchers) watcher.onSend?.(one)
            return {
              finished() {
                one.isFinished = true
                if (isAuth) authInFlight -= 1
              },
              settled(outcome) {
                one.outcome = outcome
                one.settledAtMs = clock.platform.monotonicNow()
                for (const watcher of watchers) watcher.onSettled?.(one)
              }
            }
          }
        }
      })
      const main = createClient(page, tab, false, backend, restore)
      const second = createClient(page, tab, true, secondBackend, 'never')
      for (const client of [main, second]) {
        for (const watcher of watchers) watcher.onOpen?.(client)
      }
      return { page, main, second }
    },
    noteStep(action, tab) {
      for (const watcher of watchers) watcher.onStep?.(action, tab)
    },
    call<T>(call: Omit<Call, 'at' | 'promise'>, make: () => Promise<T>): Promise<T> {
      let resolve: (result: Promise<T>) => void = () => {}
      const promise = new Promise<T>((settle) => {
        resolve = settle
      })
      const noted: Call = { ...call, at: tick(), promise }
      for (const watcher of watchers) watcher.onCall?.(noted)
      resolve(make())
      return promise
    },
    noteChange() {
      changedAt = tick()
    },
    notePass() {
      for (const watcher of watchers) watcher.onPass?.()
    },
    noteEnd() {
      for (const watcher of watchers) watcher.atEnd?.()
    },
    async settle() {
      await backend.network.settle()
      await secondBackend.network.settle()
    }
  }
  return profile
}
