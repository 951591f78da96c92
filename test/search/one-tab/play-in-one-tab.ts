// Search in one tab: plays a history against client and mock. A scheduler decides the order of
// arrivals.
import '../synchronous-crypto.ts'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer, type WireResponse } from 'everbearer/mock'
import type { Scheduler } from 'fast-check'
import { createManualClock } from '../../support/clocks/manual-clock.ts'
import { ada, eventNames, grace } from '../../support/setups/test-client.ts'
import {
  apiOrigin,
  createVirtualBrowser,
  pageOrigin
} from '../../support/setups/virtual-browser.ts'
import { limitClocks } from '../limited-clocks.ts'
import type { History, NetworkFault, Step } from './steps.ts'
import { createWatchers } from './watchers.ts'

const users = { ada, grace }

/** Plays the history and returns the violations. */
export async function playInOneTab(
  history: History,
  scheduler: Scheduler
): Promise<readonly string[]> {
  const clock = createManualClock(history.deviceOffsetMs)
  const watchers = createWatchers(clock, history.timersAreDead ? undefined : 10_000)
  const server = createMockAuthServer({
    accessTokenSeconds: history.accessTokenSeconds,
    allowedOrigins: [pageOrigin],
    users: [users.ada, users.grace],
    now: clock.trueNow
  })
  let isSlow = false
  const browser = createVirtualBrowser(server, {
    onSend: watchers.onSend,
    onServe: watchers.onServe,
    onFinished: watchers.onFinished,
    delay: (label) => (isSlow ? scheduler.schedule(Promise.resolve(), label) : Promise.resolve())
  })
  const auth = createAuthClient({
    baseURL: apiOrigin,
    restore: 'never',
    platform: {
      ...clock.platform,
      ...limitClocks(clock, () => watchers.violate('I10', 'the client works without end')),
      ...(history.timersAreDead ? { setTimer: () => () => {} } : {}),
      ...browser.platform
    }
  })
  auth.axios.defaults.adapter = browser.adapter
  for (const name of eventNames) auth.on(name, (event) => watchers.onEvent(name, event))
  watchers.watch(auth)

  const interceptions = { requests: 0, results: 0 }
  auth.axios.interceptors.request.use((config) => {
    interceptions.requests += 1
    return config
  })
  const noteResult = () => {
    interceptions.results += 1
  }
  auth.axios.interceptors.response.use(
    (response) => {
      noteResult()
      return response
    },
    (error) => {
      noteResult()
      return Promise.reject(error)
    }
  )
  const cancellers: AbortController[] = []
  const settling: Promise<unknown>[] = []
  let requests = 0

  function login(user: keyof typeof users): Promise<void> {
    const call = watchers.loginCalled()
    const credentials = { ...users[user], call }
    return auth.login(credentials).then(
      () => watchers.loginResolved(call),
      (error) => watchers.appSaw(error)
    )
  }

  function note(promise: Promise<unknown>): void {
    settling.push(promise.then(undefined, (error) => watchers.appSaw(error)))
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'request': {
        requests += 1
        const canceller = new AbortController()
        if (step.cancellable) cancellers.push(canceller)
        const n = requests
        const signal = step.cancellable ? { signal: canceller.signal } : {}
        const posting = auth.axios.post(`/notes?n=${n}`, { n }, signal)
        note(
          posting.then(({ data }) => typeof data === 'object' && watchers.answered(n, data.body))
        )
        return
      }
      case 'cancel':
        cancellers[step.nth]?.abort()
        return
      case 'login':
        note(login(step.user))
        return
      case 'logout': {
        const signingOut = auth.logout()
        watchers.logoutCalled()
        if (auth.getState().status !== 'unauthenticated')
          watchers.violate('I11', 'logout() did not sign out at once')
        note(signingOut)
        return
      }
      case 'refresh': {
        const refreshing = auth.refresh()
        watchers.waits('refresh()', refreshing)
        note(refreshing)
        return
      }
      case 'getAccessToken': {
        const asking = auth.getAccessToken().then(() => {})
        watchers.waits('getAccessToken()', asking)
        note(asking)
        return
      }
      case 'rotateInFlight':
        server.rotateKey()
        for (let request = 0; request < step.requests; request += 1) {
          await take({ do: 'request', cancellable: false })
        }
        // Settling takes no time on the clock.
        await browser.settle()
        await take({ do: 'deliver', count: step.requests })
        clock.tick(step.ms)
        await take({ do: 'refresh' })
        return
      case 'rotateKey':
        server.rotateKey()
        return
      case 'retireKey':
        server.retireKey()
        return
      case 'revokeAccessTokens':
        server.revokeAccessTokens()
        return
      case 'endSessions':
        server.endSessions()
        return
      case 'networkFault':
        browser.intercept(step.path, toInterception(step.kind))
        return
      case 'tick':
        clock.tick(step.ms)
        return
      case 'sleep':
        watchers.excuseEarlyRefresh()
        clock.sleep(step.ms)
        return
      case 'step':
        watchers.clockStepped()
        clock.step(step.ms)
        return
      case 'show':
      case 'hide':
        browser.setVisible(step.do === 'show')
        if (step.do === 'show') browser.wake('visible')
        return
      case 'online':
        watchers.excuseEarlyRefresh()
        browser.wake('online')
        return
      case 'deliver':
        for (let delivered = 0; delivered < step.count && scheduler.count() > 0; delivered += 1) {
          await scheduler.waitOne()
          await browser.settle()
        }
    }
  }

  if (history.startsSignedIn) await login('ada')
  isSlow = true
  for (const step of history.steps) {
    await take(step)
    await browser.settle()
    if (step.do === 'tick') watchers.checkDeadlines()
    if (watchers.violations.length > 0) break
  }

  // All messages arrive and all deadlines pass. Every call must have settled now.
  for (let round = 0; round < 8; round += 1) {
    while (scheduler.count() > 0) {
      await scheduler.waitOne()
      await browser.settle()
    }
    if (round < 4) clock.tick(16_000)
    await browser.settle()
  }
  if (
    auth.getState().status === 'unauthenticated' &&
    scheduler.count() === 0 &&
    clock.pendingTimers() > 0
  ) {
    watchers.violate('I9', `${clock.pendingTimers()} timers are left while no user is signed in`)
  }
  auth.dispose()
  await browser.settle()
  while (scheduler.count() > 0) {
    await scheduler.waitOne()
    await browser.settle()
  }
  if (clock.pendingTimers() > 0) watchers.violate('I9', 'timers are left after dispose()')
  if (browser.wakeListeners() > 0) watchers.violate('I9', 'listeners are left after dispose()')
  const isSettled = await Promise.race([
    Promise.all(settling).then(() => true),
    browser.settle().then(() => false)
  ])
  if (!isSettled) watchers.violate('I5', 'a call never settled')
  if (interceptions.requests !== requests || (isSettled && interceptions.results !== requests)) {
    watchers.violate(
      'I7',
      `${requests} calls were intercepted ${interceptions.requests} and ${interceptions.results} times`
    )
  }
  watchers.atEnd(browser.storage.entries)
  return watchers.violations
}

function toInterception(
  kind: NetworkFault
): Parameters<ReturnType<typeof createVirtualBrowser>['intercept']>[1] {
  if (kind === 'unreachable' || kind === 'lost') return { kind }
  const html = '<!doctype html><title>Sign in to the Wi-Fi</title>'
  const response: WireResponse = {
    status: kind === 'html' ? 200 : Number(kind),
    headers: kind === 'html' ? [['Content-Type', 'text/html']] : [['Retry-After', '2']],
    setCookies: [],
    body: kind === 'html' ? html : '{}'
  }
  return { kind: 'answer', response }
}
