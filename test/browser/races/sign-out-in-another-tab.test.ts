// Sign-out races: one tab signs out at the moment at which another tab gets a new token.
import { createMockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({
  refreshGraceSeconds: 0,
  users: [ada],
  reissue: { when: 'always' }
})
const { openTab, openTwoTabs } = setUpChromiumTabs(server)
const rounds = roundsOf({ matrix: 5, long: 200 })

/** A tab that has not ended by then stays signed in. */
const lostAfterMs = 5_000

type News = 'refresh' | 're-issue'
type Leave = 'stays open' | 'closes at once' | 'navigates at once'

interface Held {
  readonly arrived: Promise<unknown>
  release(): void
}

/** The second tab asks for a new token; the server holds the answer. */
function askForToken(tab: Page, news: News): Held {
  const gate = server.hold(news === 'refresh' ? 'refresh' : 'me', { after: 'commit' })
  tab
    .evaluate((by) => (by === 'refresh' ? window.tab.auth.refresh() : window.tab.call(1, 0)), news)
    .catch(() => {})
  return { arrived: gate.arrived(), release: gate.release }
}

/** The first tab signs out in the task in which a request is answered; the server holds it. */
function signOutOnAnswer(tab: Page, leave: Leave): Held & { readonly done: Promise<unknown> } {
  const gate = server.hold('jwks')
  const done = tab
    .evaluate(async (then) => {
      await fetch(`${window.tab.apiUrl}/.well-known/jwks.json`, { cache: 'no-store' })
      const signingOut = window.tab.auth.logout()
      if (then === 'navigates at once') location.assign('about:blank')
      if (then === 'closes at once') window.close()
      if (then === 'stays open') await signingOut
    }, leave)
    .catch(() => {})
  return { arrived: gate.arrived(), release: gate.release, done }
}

/** Checks that a new tab does not get the session, and that the server gets the sign-out. */
async function lookAtNewTab(context: BrowserContext, from: number): Promise<string | undefined> {
  const tab = await openTab(context)
  if ((await statusOf(tab)) === 'authenticated') return 'a new tab got the session'
  const isSent = () => server.calls.slice(from).some(({ route }) => route === 'logout')
  await expect.poll(isSent, { timeout: lostAfterMs }).toBe(true)
  return undefined
}

async function play(news: News, leave: Leave, round: number): Promise<string> {
  const from = server.calls.length
  const { context, first, second } = await openTwoTabs()
  const token = askForToken(second, news)
  const signOut = signOutOnAnswer(first, leave)
  await Promise.all([token.arrived, signOut.arrived])
  const released = round % 2 === 0 ? [token, signOut] : [signOut, token]
  for (const { release } of released) release()
  await signOut.done
  const end = () => window.tab.auth.getState().status === 'unauthenticated'
  const ended = await second.waitForFunction(end, undefined, { timeout: lostAfterMs }).then(
    () => true,
    () => false
  )
  const found = await lookAtNewTab(context, from)
  await context.close()
  return ended ? (found ?? 'ended') : 'the other tab stayed signed in'
}

describe.each(['refresh', 're-issue'] as const)('a sign-out at the moment of a %s', (news) => {
  it.each(['stays open', 'closes at once', 'navigates at once'] as const)(
    'ends the session in all tabs, also if the tab that signs out %s',
    {
      timeout: 3_600_000
    },
    async (leave) => {
      const results = await playRounds(`sign-out and ${news}, tab ${leave}`, rounds, (round) =>
        play(news, leave, round)
      )
      expect(results).toEqual({ ended: rounds })
    }
  )
})
