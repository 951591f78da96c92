// Search in tabs: plays a history in a browser profile, and reports which invariants break.
import { inspect } from 'node:util'
import { createProfile } from './profile.ts'
import type { Action, TabsHistory } from './steps.ts'
import { createPlayer, type Player } from './take-step.ts'
import { createTrace } from './trace.ts'
import { watchHolds } from './watch-holds.ts'
import { watchRefreshes } from './watch-refreshes.ts'
import { watchRequests } from './watch-requests.ts'
import { watchSessions } from './watch-sessions.ts'
import { watchWaits } from './watch-waits.ts'

/** Plays the history and returns the violations. `lines` receives a trace. */
export async function playInTabs(
  { conditions, steps }: TabsHistory,
  lines?: string[]
): Promise<readonly string[]> {
  const profile = createProfile(conditions)
  const { violations, clients } = profile
  if (lines !== undefined) profile.watch(createTrace(profile, lines))
  profile.watch(
    watchRefreshes(profile),
    watchHolds(profile),
    watchSessions(profile),
    watchRequests(profile),
    watchWaits(profile)
  )
  const player = createPlayer(profile)
  player.start()
  await player.pass(conditions.startsSignedIn ? 200 : 0)
  for (const step of steps) {
    player.take(step)
    if (step.action.do === 'pass') await player.pass(step.action.ms)
    else if (step.thenMs !== undefined) await player.pass(step.thenMs)
    if (violations.length > 0) return violations
  }

  // The network and all pages work again, and all deadlines pass.
  await end(player)
  if (violations.length > 0) return violations
  profile.noteEnd()

  const running = clients.filter(({ page }) => !page.isGone())
  const calls = running.map(({ auth }) => auth.refresh().catch(() => {}))
  for (const { auth } of running) auth.dispose()
  const settled = Promise.all(calls).then(() => true)
  if (!(await Promise.race([settled, profile.settle().then(() => false)])))
    profile.violate('I9', 'a call has not settled after dispose()')
  await player.pass(1_000)
  const timers = running.reduce((sum, { page }) => sum + page.pendingTimers(), 0)
  if (timers > 0) profile.violate('I9', 'timers are left after dispose()')
  const seen = [...profile.seen, ...profile.storage.entries]
  const text = seen.map((what) => inspect(what, { depth: 6 })).join('\n')
  for (const token of profile.tokens) {
    if (text.includes(token.split('.')[2] ?? token)) {
      profile.violate('I6', 'a token is in what the app saw')
    }
  }
  return violations
}

async function end({ take, pass, tabs }: Player): Promise<void> {
  const act = (action: Action, tab = 0) => take({ action, tab, isSecond: false, thenMs: undefined })
  act({ do: 'online' })
  for (const tab of tabs.keys()) act({ do: 'thaw' }, tab)
  await pass(45_000)
  for (const { page } of tabs.values()) page.wake('visible')
  // A refresh shows each tab the session of the cookie.
  for (const [tab, { main }] of tabs) {
    if (main.auth.getState().status === 'authenticated') act({ do: 'refresh' }, tab)
  }
  await pass(25_000)
}
