// Takes the steps of a history: calls the client, breaks the network, moves pages and time.
import { apiOrigin } from '../browser/network.ts'
import { createAppCalls } from './app-calls.ts'
import { createOldRelease } from './old-release.ts'
import type { Profile, Tab } from './profile.ts'
import type { Action, Step, UserName } from './steps.ts'

/** Eight clients with short-lived tokens have some hundred events in a minute. */
const mostEventsPerMinute = 5_000

export interface Player {
  take(step: Step): void
  /** The pages that are open, by tab. */
  readonly tabs: ReadonlyMap<number, Tab>
  /** Lets time pass from event to event. */
  pass(ms: number): Promise<void>
  /** Opens all tabs, and signs in before the history begins. */
  start(): void
}

export function createPlayer(profile: Profile): Player {
  const { clock, conditions, troubles, backend } = profile
  const tabs = new Map<number, Tab>()
  const calls = createAppCalls(profile)
  const oldRelease = createOldRelease(profile)
  /** The events of the last minute. */
  let events = 0
  let minute = 0

  function open(tab: number, restore = conditions.restore, referrer?: string): void {
    if (!tabs.has(tab)) tabs.set(tab, profile.openTab(tab, restore, referrer))
  }

  function close(tab: number, isCrash: boolean): void {
    const { page } = tabs.get(tab) ?? {}
    tabs.delete(tab)
    page?.end(isCrash)
  }

  /** The page goes to a page of the server, which replaces the cookie, and comes back. */
  async function signInByRedirect(
    tab: number,
    user: UserName,
    callsRestore: boolean
  ): Promise<void> {
    close(tab, false)
    const answer = await calls.signInOutside(user)
    const isFree = !tabs.has(tab)
    open(tab, callsRestore ? 'never' : 'always', apiOrigin)
    const client = tabs.get(tab)?.main
    if (client !== undefined && answer !== undefined && isFree)
      calls.finishRedirect(client, callsRestore)
  }

  function trouble(what: keyof typeof troubles): void {
    troubles[what] = profile.nowMs()
  }

  function actOnServer(action: Action): void {
    switch (action.do) {
      case 'rotateKey':
      case 'retireKey':
      case 'revokeAccessTokens':
      case 'endSessions':
        backend.server[action.do]()
        break
      case 'network fault':
        backend.network.fault(action.path, action.fault)
        break
      case 'outage':
        for (let time = 0; time < action.times; time += 1)
          backend.network.fault('/refresh', { kind: 'answer', answer: action.answer })
        break
      case 'offline':
      case 'online':
        backend.network.setOnline(action.do === 'online')
        if (action.do === 'online') for (const { page } of tabs.values()) page.wake('online')
    }
  }

  function actOnDevice(action: Action, tab: number): void {
    switch (action.do) {
      case 'sleep':
        trouble('clockMs')
        clock.sleep(action.ms)
        break
      case 'set clock':
        trouble('clockMs')
        clock.step(action.ms)
        break
      case 'storage fault':
        trouble('storageMs')
        profile.setStorageFault(action.fault)
        break
      case 'old release':
        trouble('oldReleaseMs')
        calls.note(oldRelease.act(action.what))
        break
      case 'open':
        open(tab)
        break
      case 'crash':
      case 'close':
      case 'reload':
        trouble('pagesMs')
        close(tab, action.do === 'crash')
        if (action.do === 'reload') open(tab)
        break
      case 'redirect sign-in':
        trouble('pagesMs')
        calls.note(signInByRedirect(tab, action.user, action.callsRestore))
        break
      case 'wake all':
        for (const { page } of tabs.values()) page.wake('visible')
        break
      case 'refresh all':
        for (const { main } of tabs.values()) calls.act(main, { do: 'refresh' })
        break
      case 'cancel':
        calls.cancel(action.nth)
    }
  }

  function actInPage({ page, main }: Tab, action: Action): void {
    switch (action.do) {
      case 'show':
      case 'hide':
        page.setVisible(action.do === 'show')
        if (action.do === 'show') page.wake('visible')
        break
      case 'freeze':
        trouble('pagesMs')
        page.freeze()
        break
      case 'thaw':
        trouble('pagesMs')
        page.thaw()
        break
      case 'enter cache':
        trouble('pagesMs')
        page.enterCache()
        break
      case 'leave cache':
        trouble('pagesMs')
        page.leaveCache(() => action.polls && calls.request(main, '/notes', false))
        break
      case 'silent locks':
        trouble('locksMs')
        page.setSilentLocks(action.areSilent)
        break
      case 'clear storage':
        trouble('storageMs')
        if (action.by === 'page') page.storage.clear()
        else profile.storage.clearSiteData()
    }
  }

  return {
    tabs,
    take({ action, tab, isSecond }) {
      profile.noteStep(action, tab)
      actOnServer(action)
      actOnDevice(action, tab)
      const opened = tabs.get(tab)
      if (opened === undefined) return
      actInPage(opened, action)
      calls.act((isSecond ? opened.second : undefined) ?? opened.main, action)
    },
    async pass(ms) {
      await profile.settle()
      for (let left = ms; left > 0; ) {
        const slice = Math.min(left, Math.max(0, clock.nextTimerInMs() ?? left))
        clock.tick(slice)
        await profile.settle()
        profile.notePass()
        left -= slice
        // Otherwise a client that works without end would stop the search.
        const now = Math.floor(profile.nowMs() / 60_000)
        events = now === minute ? events + 1 : 1
        minute = now
        if (events === mostEventsPerMinute) {
          profile.violate('I10', 'the pages work without end')
          return
        }
      }
    },
    start() {
      for (let tab = 0; tab < conditions.tabs; tab += 1) open(tab, 'never')
      const first = tabs.get(0)
      if (first === undefined || !conditions.startsSignedIn) return
      calls.act(first.main, { do: 'login', user: 'ada' })
      if (first.second !== undefined) calls.act(first.second, { do: 'login', user: 'grace' })
    }
  }
}
