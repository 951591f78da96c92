// Takes the steps of a history: calls the client, breaks the network, moves pages and time.
import { ada, grace } from '../../support/setups/test-client.ts'
import { apiOrigin, type NetworkAnswer } from '../browser/network.ts'
import { type Client, readIssued } from './facts.ts'
import { createOldRelease } from './old-release.ts'
import type { Profile, Tab } from './profile.ts'
import type { Action, Step, UserName } from './steps.ts'

const users = { ada, grace }

type PlainCall = 'logout' | 'refresh' | 'getAccessToken' | 'restore' | 'ready'

export interface Player {
  take(step: Step): void
  /** The pages that are open, by tab. */
  readonly tabs: ReadonlyMap<number, Tab>
  /** Lets time pass from event to event. */
  pass(ms: number): Promise<void>
  /** Signs the first tab in, before the history begins. */
  start(): Promise<void>
  /** What the calls of the app have not settled yet. */
  readonly settling: Promise<unknown>[]
}

export function createPlayer(profile: Profile): Player {
  const { clock, conditions, troubles, backend, seen } = profile
  const tabs = new Map<number, Tab>()
  const cancellers: AbortController[] = []
  const settling: Promise<unknown>[] = []
  const oldRelease = createOldRelease(profile)
  let requests = 0

  function note(promise: Promise<unknown>): void {
    settling.push(promise.then(undefined, (error) => seen.push(error)))
  }

  function login(client: Client, user: UserName): void {
    const call = profile.tick()
    if (!client.isSecond) profile.noteChange()
    note(
      profile.call({ client, what: 'login' }, () =>
        client.auth.login({ ...users[user], call })
      )
    )
  }

  function loginByFunction(client: Client, user: UserName): void {
    const call = profile.tick()
    profile.noteChange()
    const signIn = async () => JSON.parse((await signInOutside(user, call)).response.body)
    note(profile.call({ client, what: 'login by function' }, () => client.auth.login(signIn)))
  }

  function signInOutside(user: UserName, call: number): Promise<NetworkAnswer> {
    return backend.network.travel({
      method: 'POST',
      url: `${apiOrigin}/login`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...users[user], call })
    })
  }

  /** The page goes to a page of the server, which replaces the cookie, and comes back. */
  async function signInByRedirect(tab: number, user: UserName): Promise<void> {
    close(tab, false)
    const call = profile.tick()
    profile.noteChange()
    const answer = await signInOutside(user, call).catch(() => undefined)
    open(tab, 'never')
    const client = tabs.get(tab)?.main
    if (client === undefined || answer === undefined) return
    profile.noteChange()
    const promise = profile.call({ client, what: 'restore' }, client.auth.restore)
    note(promise)
    const sub = readIssued(answer.response) === undefined ? undefined : user
    promise.then(
      () => sub !== undefined && checkUser(client, call),
      () => {}
    )
  }

  function checkUser(client: Client, call: number): void {
    const { status, user } = client.auth.getState()
    const isLast = profile.changedAt() === call || status !== 'authenticated'
    const sid = Reflect.get(user ?? {}, 'sid')
    const began = profile.sessions.get(String(sid))?.beganAt ?? 0
    if (!isLast && began < call && !profile.hasOverlapped())
      profile.violate('I15', 'a redirect sign-in ended in an earlier session')
  }

  function send(client: Client, { path, isCancellable }: Action & { do: 'request' }): void {
    requests += 1
    const n = String(requests)
    const canceller = new AbortController()
    if (isCancellable) cancellers.push(canceller)
    const { signal } = canceller
    note(
      profile.call({ client, what: 'request', n }, () =>
        client.auth.axios.post(`${path}?n=${n}`, { n }, { signal })
      )
    )
  }

  function call(client: Client, what: PlainCall): void {
    const isChange = what === 'logout' || what === 'restore'
    if (!client.isSecond && isChange) profile.noteChange()
    const promise = profile.call<unknown>({ client, what }, client.auth[what])
    note(what === 'getAccessToken' ? promise.then(() => {}) : promise)
    if (what === 'logout' && client.auth.getState().status !== 'unauthenticated')
      profile.violate('I11', `logout() of tab ${client.tab} did not sign out at once`)
  }

  function open(tab: number, restore = conditions.restore): void {
    if (!tabs.has(tab)) tabs.set(tab, profile.openTab(tab, restore))
  }

  function close(tab: number, isCrash: boolean): void {
    const { page } = tabs.get(tab) ?? {}
    tabs.delete(tab)
    page?.end(isCrash)
  }

  function trouble(what: keyof typeof troubles): void {
    troubles[what] = profile.nowMs()
  }

  function actInPage({ page }: Tab, action: Action): void {
    switch (action.do) {
      case 'show':
      case 'hide':
        page.setVisible(action.do === 'show')
        if (action.do === 'show') page.wake('visible')
        return
      case 'freeze':
        trouble('pagesMs')
        return page.freeze()
      case 'thaw':
        return page.thaw()
      case 'enter cache':
        trouble('pagesMs')
        return page.enterCache()
      case 'leave cache': {
        const { main } = tabs.get([...tabs.keys()].find((tab) => tabs.get(tab)?.page === page) ?? -1) ?? {}
        return page.leaveCache(() => {
          if (action.polls && main !== undefined)
            send(main, { do: 'request', path: '/notes', isCancellable: false })
        })
      }
      case 'storage fault':
        trouble('storageMs')
        return page.setStorageFault(action.fault)
      case 'silent locks':
        trouble('locksMs')
        return page.setSilentLocks(action.areSilent)
      case 'clear storage':
        trouble('storageMs')
        if (action.by === 'page') page.storage.clear()
        else profile.storage.clearSiteData()
    }
  }

  function actOnServer(action: Action): boolean {
    switch (action.do) {
      case 'rotateKey':
      case 'retireKey':
      case 'revokeAccessTokens':
      case 'endSessions':
        backend.server[action.do]()
        return true
      case 'network fault':
        backend.network.fault(action.path, action.fault)
        return true
      case 'outage':
        for (let time = 0; time < action.times; time += 1)
          backend.network.fault('/refresh', { kind: 'answer', answer: action.answer })
        return true
      case 'offline':
      case 'online':
        backend.network.setOnline(action.do === 'online')
        if (action.do === 'online') for (const { page } of tabs.values()) page.wake('online')
        return true
      case 'sleep':
      case 'set clock':
        trouble('clockMs')
        if (action.do === 'sleep') clock.sleep(action.ms)
        else clock.step(action.ms)
        return true
      case 'old release':
        trouble('oldReleaseMs')
        note(oldRelease.act(action.what))
        return true
      default:
        return false
    }
  }

  function actOnClient(client: Client, action: Action): void {
    if (client.page.isFrozen()) return
    if (action.do === 'request') send(client, action)
    else if (action.do === 'login') login(client, action.user)
    else if (action.do === 'login by function') loginByFunction(client, action.user)
    else if (
      action.do === 'logout' ||
      action.do === 'refresh' ||
      action.do === 'getAccessToken' ||
      action.do === 'restore' ||
      action.do === 'ready'
    )
      call(client, action.do)
  }

  return {
    tabs,
    settling,
    take({ action, tab, isSecond }) {
      profile.noteStep(action, tab)
      if (actOnServer(action)) return
      switch (action.do) {
        case 'cancel':
          return cancellers[action.nth]?.abort()
        case 'redirect sign-in':
          trouble('pagesMs')
          return note(signInByRedirect(tab, action.user))
        case 'open':
          return open(tab)
        case 'crash':
        case 'close':
        case 'reload':
          trouble('pagesMs')
          close(tab, action.do === 'crash')
          if (action.do === 'reload') open(tab)
          return
      }
      const open_ = tabs.get(tab)
      if (open_ === undefined) return
      actInPage(open_, action)
      actOnClient(isSecond ? open_.second : open_.main, action)
    },
    async pass(ms) {
      await profile.settle()
      for (let left = ms; left > 0; ) {
        const slice = Math.min(left, Math.max(0, clock.nextTimerInMs() ?? left))
        clock.tick(slice)
        await profile.settle()
        profile.notePass()
        left -= slice
      }
    },
    async start() {
      for (let tab = 0; tab < conditions.tabs; tab += 1) open(tab, 'never')
      const first = tabs.get(0)
      if (first === undefined || !conditions.startsSignedIn) return
      login(first.main, 'ada')
      login(first.second, 'grace')
    }
  }
}
