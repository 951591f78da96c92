// Search in several tabs: plays a history in two to four tabs. A scheduler decides the order of
// arrivals and messages.
import { inspect } from 'node:util'
import { createAuthClient, type Platform, type Wake } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import type { Scheduler } from 'fast-check'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { ada, eventNames, grace } from '../support/setups/test-client.ts'
import { apiOrigin, createVirtualBrowser, pageOrigin } from '../support/setups/virtual-browser.ts'
import { createSharedLocks } from '../support/setups/virtual-tabs.ts'
import { toInterception } from './play-in-one-tab.ts'
import type { History, PlacedStep } from './steps.ts'

const users = { ada, grace }
/** The client's defaults. */
const lockTimeoutMs = 5_000
const abandonMs = 30_000
/**
 * The holder of the lock may wait this long before its request: for a message, or for the answer of
 * a closed page's refresh.
 */
const preparationMs = 2_300

interface Claims {
  readonly sub: string
  readonly sid: string
  readonly jti: string
}

interface OpenRefresh {
  readonly since: number
  readonly sinceMs: number
  readonly key: string | undefined
}

/** Plays the history and returns the violations. */
export async function playInTabs(
  history: History,
  scheduler: Scheduler
): Promise<readonly string[]> {
  const violations: string[] = []
  const violate = (invariant: string, what: string) => violations.push(`${invariant}: ${what}`)
  const clock = createManualClock(history.deviceOffsetMs)
  const server = createMockAuthServer({
    accessTokenSeconds: history.accessTokenSeconds,
    allowedOrigins: [pageOrigin],
    users: [users.ada, users.grace],
    now: clock.trueNow
  })
  // One counter for all events, which orders them.
  let moment = 0
  const answeredAt = new Map<string, number>()
  const tokens = new Set<string>()
  const subjectOf = new Map<string, string>()
  const sendsOf = new Map<string, number>()
  const openRefreshes = new Map<object, OpenRefresh>()
  const seen: unknown[] = []
  /** The moment of the last sign-in or sign-out. */
  let changedAt = 0
  let authInFlight = 0
  // Auth requests that overlap may set their cookies in any order, so the cookie's user is unknown.
  let overlapped = false
  let busySinceMs = -Infinity
  let freeSinceMs = -Infinity
  /** Idempotency keys of refreshes that a tab has the answer to. */
  const answered = new Set<string | undefined>()
  let rejections = 0
  let sendingTab = 0
  let isSlow = false
  let hasStepped = false

  const delay = (label: string) =>
    isSlow ? scheduler.schedule(Promise.resolve(), label) : Promise.resolve()

  const browser = createVirtualBrowser(server, {
    delay,
    onSend(request) {
      moment += 1
      const { pathname, searchParams, origin } = new URL(request.url)
      const bearer = /^Bearer (.+)$/.exec(request.headers.Authorization ?? '')?.[1]
      const n = searchParams.get('n')
      if (bearer !== undefined && origin !== apiOrigin) violate('I6', `the token went to ${origin}`)
      // A sign-out carries the token of the session that it ends.
      if (bearer !== undefined && pathname !== '/logout') {
        const { sid, sub } = readClaims(bearer)
        const endedAt = tabs[sendingTab]?.endedAt ?? 0
        // A logout carries the token of the session that it ends.
        if ((answeredAt.get(sid) ?? Infinity) < endedAt && pathname !== '/logout')
          violate('I11', `tab ${sendingTab} sent a token of a session that had ended before`)
        if (n !== null) {
          if ((subjectOf.get(n) ?? sub) !== sub)
            violate('I11', `request ${n} was sent as two users`)
          subjectOf.set(n, sub)
        }
      }
      if (n !== null) {
        sendsOf.set(n, (sendsOf.get(n) ?? 0) + 1)
        if ((sendsOf.get(n) ?? 0) > 3) violate('I10', `request ${n} was sent more than three times`)
      }
      const isAuth = pathname !== '/notes'
      if (isAuth) {
        const nowMs = clock.platform.monotonicNow()
        if (authInFlight === 0 && nowMs - freeSinceMs >= preparationMs) busySinceMs = nowMs
        overlapped ||= authInFlight > 0
        authInFlight += 1
      }
      if (pathname === '/refresh') {
        const nowMs = clock.platform.monotonicNow()
        const key = request.headers['Idempotency-Key']
        for (const other of openRefreshes.values()) {
          if (nowMs - busySinceMs < lockTimeoutMs - preparationMs)
            violate('I1', 'two tabs refresh at once, and the second did not wait')
          const isAbandoned = nowMs - other.sinceMs >= abandonMs
          const isAnswered = answered.has(other.key)
          if (
            other.key !== key &&
            other.since > changedAt &&
            !isAbandoned &&
            !isAnswered &&
            !hasStepped
          )
            violate('I1', 'overlapping refreshes have different idempotency keys')
        }
        openRefreshes.set(request, { since: moment, sinceMs: nowMs, key })
      }
      return {
        settled(outcome) {
          openRefreshes.delete(request)
          if (typeof outcome !== 'object') return
          const token = readToken(outcome.body)
          if (pathname === '/login' && token !== undefined) {
            moment += 1
            answeredAt.set(readClaims(token).sid, moment)
          }
          if (pathname !== '/refresh') return
          if (outcome.status === 200 || outcome.status === 401)
            answered.add(request.headers['Idempotency-Key'])
          if (outcome.status === 401) rejections += 1
        }
      }
    },
    onFinished(request) {
      if (new URL(request.url).pathname === '/notes') return
      authInFlight -= 1
      if (authInFlight === 0) freeSinceMs = clock.platform.monotonicNow()
    },
    onServe(_, response) {
      const token = readToken(response.body)
      if (token !== undefined) tokens.add(token)
    }
  })

  const locks = createSharedLocks()
  const listeners = new Set<{ readonly receive: (data: unknown) => void }>()

  function openTab(index: number) {
    const wakers = new Set<(wake: Wake) => void>()
    const tab = { endedAt: 0, rejectionsSeen: 0 }
    const asTab = <T>(send: () => T): T => {
      sendingTab = index
      return send()
    }
    const platform: Partial<Platform> = {
      ...clock.platform,
      ...browser.platform,
      fetch: (url, init) =>
        asTab(() => Promise.resolve(browser.platform.fetch?.(url, init))) as Promise<Response>,
      locks: locks.forTab().locks,
      onWake(listener) {
        wakers.add(listener)
        return () => wakers.delete(listener)
      },
      openChannel(_, onMessage) {
        const listener = { receive: onMessage }
        listeners.add(listener)
        return {
          post(message) {
            const copy: unknown = structuredClone(message)
            for (const other of [...listeners].filter((one) => one !== listener)) {
              void delay('a message').then(() => listeners.has(other) && other.receive(copy))
            }
          },
          close: () => void listeners.delete(listener)
        }
      }
    }
    const auth = createAuthClient({
      baseURL: apiOrigin,
      restore: 'never',
      contract: { refresh: { idempotencyKey: 'always' } },
      platform
    })
    auth.axios.defaults.adapter = (config) => asTab(() => browser.adapter(config))
    for (const name of eventNames) auth.on(name, (event) => seen.push(event))
    auth.on('signed-in', change)
    auth.on('signed-out', ({ reason }) => {
      change()
      if (reason !== 'session-expired') return
      if (rejections === tab.rejectionsSeen)
        violate('I4', `tab ${index} ended the session without an explicit rejection`)
      tab.rejectionsSeen = rejections
    })
    const wake = (reason: Wake) => {
      for (const listener of wakers) listener(reason)
    }
    return Object.assign(tab, { auth, wake })
  }

  const tabs = Array.from({ length: history.tabs ?? 2 }, (_, index) => openTab(index))
  const settling: Promise<unknown>[] = []
  const note = (promise: Promise<unknown>) =>
    settling.push(promise.then(undefined, (error) => seen.push(error)))
  const cancellers: AbortController[] = []
  let requests = 0

  function change(): void {
    moment += 1
    changedAt = moment
  }

  async function take(step: PlacedStep): Promise<void> {
    const tab = tabs[step.tab ?? 0]
    if (tab === undefined) return
    const { auth } = tab
    switch (step.do) {
      case 'request': {
        requests += 1
        const canceller = new AbortController()
        if (step.cancellable) cancellers.push(canceller)
        note(auth.axios.post(`/notes?n=${requests}`, {}, { signal: canceller.signal }))
        return
      }
      case 'cancel':
        cancellers[step.nth]?.abort()
        return
      case 'login':
        note(auth.login(users[step.user]).finally(change))
        return
      case 'logout':
        note(auth.logout())
        change()
        tab.endedAt = moment
        return
      case 'refresh':
        note(auth.refresh())
        return
      case 'getAccessToken':
        note(auth.getAccessToken())
        return
      case 'rotateInFlight':
        server.rotateKey()
        for (let request = 0; request < step.requests; request += 1)
          await take({ do: 'request', cancellable: false, tab: (step.tab ?? 0) + request })
        await deliver(step.requests)
        await pass(step.ms)
        return
      case 'rotateKey':
      case 'retireKey':
      case 'revokeAccessTokens':
      case 'endSessions':
        server[step.do]()
        return
      case 'networkFault':
        browser.intercept(step.path, toInterception(step.kind))
        return
      case 'tick':
        await pass(step.ms)
        return
      case 'sleep':
        clock.sleep(step.ms)
        return
      case 'step':
        // By the wall clock, a stored attempt may now look old.
        hasStepped = true
        clock.step(step.ms)
        return
      case 'show':
      case 'hide':
        browser.setVisible(step.do === 'show')
        if (step.do === 'show') tab.wake('visible')
        return
      case 'online':
        tab.wake('online')
        return
      case 'deliver':
        await deliver(step.count)
    }
  }

  // Advances from timer to timer, so that no page misses its own deadlines.
  async function pass(ms: number): Promise<void> {
    await browser.settle()
    for (let left = ms; left > 0; ) {
      const slice = Math.min(left, Math.max(1, clock.nextTimerInMs() ?? left))
      clock.tick(slice)
      await browser.settle()
      left -= slice
    }
  }

  async function deliver(count: number): Promise<void> {
    for (let delivered = 0; delivered < count && scheduler.count() > 0; delivered += 1) {
      await scheduler.waitOne()
      await browser.settle()
    }
  }

  async function quiesce(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await deliver(Infinity)
      await pass(4_000)
    }
  }

  if (history.startsSignedIn) {
    await tabs[0]?.auth.login(users.ada)
    await browser.settle()
  }
  isSlow = true
  for (const step of history.steps) {
    await take(step)
    await browser.settle()
    if (violations.length > 0) break
  }

  await quiesce(20)
  for (const { wake } of tabs) wake('visible')
  await quiesce(4)
  const held: Claims[] = []
  for (const { auth } of tabs) {
    if (auth.getState().status !== 'authenticated') continue
    note(auth.getAccessToken().then((token) => held.push(readClaims(token))))
  }
  await quiesce(4)
  const subjects = new Set(held.map(({ sub }) => sub))
  if (!overlapped && subjects.size > 1) violate('I11', 'two tabs are signed in as two users')

  for (const { auth } of tabs) auth.dispose()
  await quiesce(1)
  if (clock.pendingTimers() > 0) violate('I9', 'timers are left after dispose()')
  if (listeners.size > 0) violate('I9', 'a channel is left after dispose()')
  const isSettled = await Promise.race([
    Promise.all(settling).then(() => true),
    browser.settle().then(() => false)
  ])
  if (!isSettled) violate('I5', 'a call never settled')
  const text = [...seen, ...browser.storage.entries]
    .map((what) => inspect(what, { depth: 8 }))
    .join('\n')
  for (const token of tokens) {
    if (text.includes(token.split('.')[2] ?? token)) violate('I6', 'a token is in what the app saw')
  }
  return violations
}

function readToken(body: string): string | undefined {
  try {
    return JSON.parse(body).access_token
  } catch {
    return undefined
  }
}

function readClaims(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
