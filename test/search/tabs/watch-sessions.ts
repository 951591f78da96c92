// Watcher of sessions (I4, I11, I12, I15): checks the causes of their beginning and end, and their
// users.
import { longestStorageLagMs } from '../browser/storage.ts'
import { type Client, type Facts, heldSid, type Sent, type Watcher } from './facts.ts'
import type { Action } from './steps.ts'

interface SignOut {
  readonly at: number
  readonly atMs: number
  /** Its page keeps the sign-out in memory, as long as it runs. */
  readonly client: Client
  /** When storage lost the sign-out last, and when the page has written it back. */
  clearedAtMs: number
  storedAtMs: number
  /** Storage has lost the sign-out while its page could not write it back. */
  isLost: boolean
}

/** Messages arrive within this time. */
const lagMs = 50
/** A write reaches all processes within this time. */
const heardAfterMs = 2 * longestStorageLagMs + 10
/** After storage was cleared, a page hears of it and writes back what it knows within this time. */
const writtenBackAfterMs = 2 * heardAfterMs

export function watchSessions(facts: Facts): Watcher {
  const { sessions, troubles } = facts
  /** By the session that the client held. */
  const signOuts = new Map<string, SignOut>()
  /** The moments of explicit rejections that have reached a page. */
  const rejections: number[] = []
  /** When a client first held the session. */
  const enteredAtMs = new Map<string, number>()
  let lastSignOutAt = 0
  let restoredAt = 0
  /** When a restore() last began a session. */
  let restoredMs = -Infinity
  /** Storage has failed: it may have lost any sign-out. */
  let hasStorageFailed = false
  let isStorageFailing = false

  const beganAt = (sid: string | undefined) => sessions.get(sid ?? '')?.beganAt ?? 0
  const isDead = (sid: string) => {
    const signOut = signOuts.get(sid)
    // The clock orders a restore() and a sign-out in another tab.
    const isClockSet = restoredAt > 0 && troubles.clockMs >= facts.msOf(restoredAt)
    const isLater = signOut !== undefined && signOut.at > restoredAt && !isClockSet
    return isLater && !signOut.isLost ? signOut : undefined
  }
  const isAnyLost = () => [...signOuts.values()].some(({ isLost }) => isLost)
  /** Without storage, a message may be late, and a tab that wrote before does not believe it. */
  const isHeard = () => !hasStorageFailed

  /** Whether a tab may have missed a sign-out or a sign-in. */
  function isUnheard(): boolean {
    const { clockMs, pagesMs } = troubles
    const isLate = facts.conditions.channel !== 'normal' || clockMs >= 0 || pagesMs >= 0
    // A tab that has not written since storage began to fail does not believe the messages.
    return isStorageFailing || (hasStorageFailed && isLate)
  }

  function checkEnd(client: Client, reason: unknown): void {
    const began = beganAt(client.sid)
    const { tab } = client
    switch (reason) {
      case 'signed-out':
        // While storage fails, the clock orders what tabs do, and some have not heard of it. If
        // sign-ins overlap, the client signs out of one again, and that one may have the cookie.
        if (lastSignOutAt <= began && !isUnheard() && !facts.hasOverlapped())
          facts.violate('I12', `tab ${tab} was signed out without a sign-out`)
        return
      case 'session-expired':
        // A message that is late may end an earlier session.
        if (!rejections.some((at) => at > began) && isHeard())
          facts.violate('I4', `tab ${tab} ended the session without an explicit rejection`)
        return
      case 'user-changed': {
        const sub = sessions.get(client.sid ?? '')?.sub
        const isOther = [...sessions.values()].some((other) => other.sub !== sub)
        if (!isOther) facts.violate('I12', `tab ${tab} saw another user without one`)
        return
      }
      case 'no-session':
      case 'unreachable':
        return
      default:
        facts.violate('I12', `tab ${tab} was signed out: ${String(reason)}`)
    }
  }

  function checkBegin(client: Client): void {
    const sid = heldSid(client.auth)
    if (sid === undefined) return
    client.sid = sid
    const { tab } = client
    const began = beganAt(sid)
    // Tabs do not agree about the order of what happens at almost the same time.
    const isLater = (ms: number, otherMs: number) => ms > otherMs + lagMs
    const loggedOutMs = facts.msOf(client.loggedOutAt)
    const enteredMs = enteredAtMs.get(sid) ?? facts.nowMs()
    const isBefore =
      isLater(loggedOutMs, facts.msOf(began)) &&
      (isLater(loggedOutMs, enteredMs) || isLater(enteredMs, loggedOutMs))
    if (!enteredAtMs.has(sid)) enteredAtMs.set(sid, facts.nowMs())
    // A late answer of an overlapping sign-in leaves the cookie of an earlier session.
    // The clock orders a sign-in in flight and a sign-out in another tab.
    const isOrdered = troubles.clockMs < facts.msOf(began)
    const isKnown = !isAnyLost() && isHeard() && !facts.hasOverlapped() && isOrdered
    const isRestoredBefore = restoredAt < client.loggedOutAt && isLater(loggedOutMs, restoredMs)
    if (isBefore && isRestoredBefore && isKnown)
      facts.violate('I11', `tab ${tab} signed in again after its sign-out`)
    const signOut = isDead(sid)
    if (
      signOut !== undefined &&
      facts.nowMs() - signOut.atMs > heardAfterMs &&
      hears(client, signOut)
    )
      facts.violate('I12', `tab ${tab} entered a session that was signed out`)
  }

  /** Whether storage shows the sign-out to the client. */
  function hears(client: Client, { client: own, clearedAtMs, storedAtMs }: SignOut): boolean {
    if (client === own) return true
    const openedAtMs = facts.msOf(client.openedAt)
    const isOpenedInGap = openedAtMs >= clearedAtMs && openedAtMs <= storedAtMs
    return !hasStorageFailed && !client.isSecond && !isOpenedInGap && facts.nowMs() > storedAtMs
  }

  function checkBearer({ client, claims, pathname, atMs }: Sent): void {
    if (claims === undefined || pathname === '/logout') return
    const signOut = isDead(claims.sid)
    if (signOut === undefined) return
    const isOwn = client === signOut.client
    if (isOwn || (atMs - signOut.atMs > heardAfterMs && hears(client, signOut)))
      facts.violate('I11', `tab ${client.tab} sent a token of a session that was signed out`)
  }

  function noteSignOut(client: Client, at: number): void {
    const { sid } = client
    lastSignOutAt = at
    client.loggedOutAt = at
    if (sid !== undefined && beganAt(sid) < at && client.endedAt < at)
      signOuts.set(sid, {
        at,
        atMs: facts.nowMs(),
        client,
        clearedAtMs: Number.NEGATIVE_INFINITY,
        storedAtMs: Number.NEGATIVE_INFINITY,
        // Tabs that wrote before storage failed do not believe messages that it does not confirm.
        isLost: isStorageFailing
      })
  }

  function noteLoss(signOut: SignOut, action: Action, tab: number): void {
    const { page, tab: own } = signOut.client
    const isOwn = tab === own
    switch (action.do) {
      case 'storage fault':
        signOut.isLost = true
        return
      case 'clear storage':
        // A page that clears its own storage gets no event.
        signOut.isLost ||= page.isGone() || page.isFrozen() || (isOwn && action.by === 'page')
        signOut.clearedAtMs = facts.nowMs()
        signOut.storedAtMs = facts.nowMs() + writtenBackAfterMs
        return
      case 'crash':
        // The last write of a page that crashes may be lost.
        signOut.isLost ||= isOwn && facts.nowMs() - signOut.atMs <= longestStorageLagMs
        signOut.isLost ||= hasStorageFailed || (isOwn && facts.nowMs() <= signOut.storedAtMs)
        return
      case 'close':
      case 'reload':
      case 'freeze':
      case 'enter cache':
      case 'redirect sign-in':
        signOut.isLost ||= hasStorageFailed || (isOwn && facts.nowMs() <= signOut.storedAtMs)
    }
  }

  return {
    onStep(action, tab) {
      if (action.do === 'old release' && action.what === 'sign-out') lastSignOutAt = facts.tick()
      if (action.do === 'redirect sign-in') restoredAt = facts.now()
      if (action.do === 'storage fault') {
        hasStorageFailed = true
        isStorageFailing = action.fault !== undefined
      }
      for (const signOut of signOuts.values()) noteLoss(signOut, action, tab)
    },
    onCall({ client, what, at, isRedirect = false }) {
      if (client.isSecond) return
      if (isRedirect) restoredAt = at
      if (what === 'restore') restoredAt = client.restoreCalledAt = at
      if (what === 'logout') noteSignOut(client, at)
    },
    onSend(sent) {
      if (sent.client.isSecond) return
      checkBearer(sent)
    },
    onSettled({ client, pathname, outcome }) {
      if (client.isSecond || typeof outcome !== 'object') return
      // The client has to believe a proxy that confirms a sign-out, so a page load may restore.
      if (pathname === '/logout' && !outcome.isGenuine && outcome.response.status < 300)
        for (const signOut of signOuts.values()) signOut.isLost = true
      if (pathname !== '/refresh') return
      if (outcome.isGenuine && outcome.response.status === 401) rejections.push(facts.tick())
    },
    onEvent(client, name, event) {
      if (client.isSecond) return
      if (name === 'signed-out') {
        checkEnd(client, event.reason)
        client.endedAt = facts.tick()
      } else if (name === 'signed-in') {
        // A restore() that is answered before it hears of a sign-out begins a later session.
        const isUnheard = facts.nowMs() - facts.msOf(lastSignOutAt) <= heardAfterMs
        if (event.via === 'restore' && client.restoreCalledAt > 0) {
          restoredMs = facts.nowMs()
          if (isUnheard) restoredAt = facts.now()
        }
        checkBegin(client)
      }
      if (name === 'refreshed') client.sid = heldSid(client.auth) ?? client.sid
    },
    atEnd() {
      const live = facts.clients.filter(
        ({ auth, page, isSecond }) =>
          !isSecond && !page.isGone() && auth.getState().status === 'authenticated'
      )
      for (const { auth, tab } of live) {
        const sid = heldSid(auth)
        if (sid !== undefined && isDead(sid) !== undefined && isHeard())
          facts.violate('I11', `tab ${tab} is still in a session that was signed out`)
      }
      // While its refresh fails, a tab does not know the user of the cookie, and sends nothing.
      const users = new Set(
        live
          .map(({ auth }) => auth.getState())
          .filter((state) => state.status === 'authenticated' && state.degraded === undefined)
          .map(({ user }) => Reflect.get(user ?? {}, 'sub'))
      )
      if (users.size > 1 && !facts.hasOverlapped() && troubles.oldReleaseMs < 0)
        facts.violate('I15', 'two tabs are signed in as two users')
      const cookieSid = facts.cookieSession()
      const cookieUser = cookieSid === undefined ? undefined : sessions.get(cookieSid)?.sub
      // Without storage, a page may take the token of a tab that has not heard of the sign-in. The
      // same is true if the refresh of that tab fails.
      const isKnown = !live.some(
        ({ auth }) => Reflect.get(auth.getState(), 'degraded') !== undefined
      )
      const isSettled = !facts.hasOverlapped() && troubles.oldReleaseMs < 0 && isHeard() && isKnown
      if (isSettled && cookieUser !== undefined && users.size > 0 && !users.has(cookieUser))
        facts.violate('I15', 'the tabs are signed in as another user than the cookie')
    }
  }
}
