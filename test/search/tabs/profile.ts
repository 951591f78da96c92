// Profile under test: one browser with its servers, its pages and their clients, and the facts that
// the watchers need.
import { createAuthClient } from 'everbearer'
import { createManualClock, type ManualClock } from '../../support/clocks/manual-clock.ts'
import { eventNames } from '../../support/setups/test-client.ts'
import { createProfileChannels, type ProfileChannels } from '../browser/channels.ts'
import { createDraws, type Draw } from '../browser/draws.ts'
import { createProfileLocks, type ProfileLocks } from '../browser/locks.ts'
import { apiOrigin } from '../browser/network.ts'
import { createPage, type Page } from '../browser/page.ts'
import { createProfileStorage, type ProfileStorage } from '../browser/storage.ts'
import type { StorageFault } from '../browser/storage-faults.ts'
import { limitClocks } from '../limited-clocks.ts'
import { isSearchedFor } from '../one-invariant.ts'
import {
  type Call,
  type Client,
  type Facts,
  heldSid,
  type Troubles,
  type Watcher
} from './facts.ts'
import { createRequestLog } from './request-log.ts'
import { createServerFacts, type ServerFacts } from './server-facts.ts'
import type { Action, Conditions } from './steps.ts'

/** One page in a tab. `second` is another client on the same page. */
export interface Tab {
  readonly page: Page
  readonly main: Client
  readonly second: Client | undefined
}

export interface Profile extends Facts, ServerFacts {
  readonly clock: ManualClock
  readonly draw: Draw
  readonly storage: ProfileStorage
  readonly locks: ProfileLocks | undefined
  readonly channels: ProfileChannels | undefined
  /** Everything that the apps have seen. */
  readonly seen: unknown[]
  /** For all pages of the browser. */
  setStorageFault(fault: StorageFault | undefined): void
  watch(...watchers: readonly Watcher[]): void
  /** `referrer`: the origin of the page that led here, if it is another one. */
  openTab(tab: number, restore: Conditions['restore'], referrer: string | undefined): Tab
  /** Makes the call once the watchers know of it: a request may be sent at once. */
  call<T>(call: Omit<Call, 'at' | 'promise'>, make: () => Promise<T>): Promise<T>
  noteStep(action: Action, tab: number): void
  /** The user signs in or out now. */
  noteChange(): void
  /** An auth request is sent without a client. Returns a function that notes its end. */
  beginAuth(): () => void
  notePass(): void
  noteEnd(): void
  /** Resolves when the servers are idle and all work without a timer is done. */
  settle(): Promise<void>
}

const never = Number.NEGATIVE_INFINITY

export function createProfile(conditions: Conditions): Profile {
  const clock = createManualClock(conditions.deviceOffsetMs)
  const draw = createDraws(conditions.seed)
  const violations: string[] = []
  const watchers: Watcher[] = []
  const clients: Client[] = []
  const seen: unknown[] = []
  const troubles: Troubles = {
    storageMs: never,
    locksMs: conditions.hasSilentLocks ? 0 : never,
    pagesMs: never,
    clockMs: never,
    oldReleaseMs: never
  }
  const storage = createProfileStorage(clock, draw)
  const processes = Array.from({ length: conditions.tabs }, () => storage.openProcess())
  const locks = conditions.hasLocks ? createProfileLocks(clock, draw) : undefined
  const { channel } = conditions
  const channels = channel === 'missing' ? undefined : createProfileChannels(clock, draw, channel)
  const clocks = limitClocks(clock, () =>
    violate('I10', 'the pages work without end in one moment')
  )
  let moment = 0
  let changedAt = 0
  let pages = 0
  let storageFault: StorageFault | undefined
  const times: number[] = [0]
  const tick = () => {
    moment += 1
    times.push(clock.platform.monotonicNow())
    return moment
  }
  const now = () => moment
  const serverFacts = createServerFacts(conditions, clock, draw, watchers, now)
  const log = createRequestLog(clock, watchers, tick)

  function violate(invariant: string, what: string): void {
    if (!isSearchedFor(invariant)) return
    violations.push(`${invariant}: ${what}`)
    for (const watcher of watchers) watcher.onViolation?.(`${invariant}: ${what}`)
  }

  function openPage(tab: number, referrer: string | undefined): Page {
    pages += 1
    const page = createPage({
      id: pages,
      referrer,
      clock,
      clocks,
      locks,
      channels,
      storage: processes[tab] ?? storage.openProcess(),
      storageFault: () => storageFault,
      random: () => (conditions.hasSameJitter ? 0.5 : draw(`jitter in tab ${tab}`)),
      randomId: () => randomId(() => draw(`IDs in tab ${tab}`)),
      hooks: {
        onSend(request, isSecond) {
          const client = clients.findLast((one) => one.page === page && one.isSecond === isSecond)
          if (client === undefined) throw new Error('a request was sent before the client exists')
          return log.add(client, request)
        }
      }
    })
    page.setSilentLocks(conditions.hasSilentLocks)
    return page
  }

  function createClient(
    page: Page,
    tab: number,
    isSecond: boolean,
    restore: Conditions['restore']
  ): Client {
    const { network } = isSecond ? serverFacts.secondBackend : serverFacts.backend
    const auth = createAuthClient({
      baseURL: apiOrigin,
      restore,
      tabs: conditions.mode,
      contract: { refresh: { idempotencyKey: 'always' } },
      ...(isSecond ? { name: 'second' } : {}),
      platform: page.platformOf(network, isSecond)
    })
    auth.axios.defaults.adapter = page.adapterOf(network, isSecond)
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

  return {
    ...serverFacts,
    conditions,
    violations,
    violate,
    nowMs: clock.platform.monotonicNow,
    tick,
    now,
    msOf: (at) => times[at] ?? 0,
    clients,
    troubles,
    sent: log.sent,
    changedAt: () => changedAt,
    hasOverlapped: log.hasOverlapped,
    beginAuth: log.beginAuth,
    clock,
    draw,
    storage,
    locks,
    channels,
    seen,
    setStorageFault(fault) {
      storageFault = fault
    },
    watch: (...added) => void watchers.push(...added),
    openTab(tab, restore, referrer) {
      const page = openPage(tab, referrer)
      const main = createClient(page, tab, false, restore)
      const { hasSecondClient } = conditions
      const second = hasSecondClient ? createClient(page, tab, true, 'never') : undefined
      for (const client of second === undefined ? [main] : [main, second]) {
        for (const watcher of watchers) watcher.onOpen?.(client)
      }
      return { page, main, second }
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
    noteStep(action, tab) {
      for (const watcher of watchers) watcher.onStep?.(action, tab)
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
      await serverFacts.backend.network.settle()
      if (conditions.hasSecondClient) await serverFacts.secondBackend.network.settle()
    }
  }
}

function randomId(random: () => number): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return [part(), part(), part(), part()].join('')
}
