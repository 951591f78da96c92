// A page that missed messages (frozen, throttled, in the back/forward cache) never sends the token
// of an ended session.
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions, type VirtualTab } from '../support/setups/virtual-tabs.ts'

async function openTwo(options: TabsOptions = {}) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.pass(300)
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = setup.openTab()
  await setup.pass(300)
  expect(second.auth.getState().status).toBe('authenticated')
  /** The user of each request of the second tab since `from`. */
  const usersSince = (from: number) =>
    setup.browser.requests
      .slice(from)
      .filter(({ url }) => url.endsWith('/me'))
      .map(({ headers }) => readSubject(headers.Authorization))
  return { ...setup, first, second, usersSince }
}

function readSubject(header: string | undefined): string | undefined {
  const payload = header?.split('.')[1]
  return payload && JSON.parse(Buffer.from(payload, 'base64url').toString()).sub
}

async function signInElsewhere({ auth }: VirtualTab, pass: (ms: number) => Promise<void>) {
  const entering = auth.login(grace)
  await pass(300)
  await entering
}

it('sends no old token if a poll runs before the page knows that it came back', async () => {
  const { first, second, pass, browser, usersSince } = await openTwo({
    without: ['openChannel']
  })
  second.enterBfcache()
  const leaving = first.auth.logout()
  await pass(200)
  await leaving
  second.thaw()
  const sent = browser.requests.length
  const polls = [second.auth.axios.get('/me'), second.auth.axios.get('/me')]
  await Promise.allSettled([...polls, pass(500)])
  expect(usersSince(sent).filter((user) => user !== undefined)).toEqual([])
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it.each([
  ['comes back from the cache', 'enterBfcache', 'leaveBfcache', 0],
  ['polls before it knows that it came back', 'enterBfcache', 'thaw', 0],
  ['polls for a while before it knows that it came back', 'enterBfcache', 'thaw', 60],
  ['polls for long before it knows that it came back', 'enterBfcache', 'thaw', 600]
] as const)(
  'sends no old token if storage lags behind in a page that %s',
  async (_, leave, comeBack, pollingMs) => {
    const slow = createSlowStorage()
    const setup = setUpTabs()
    const open = () => setup.openTab({ platform: slow.openPage() })
    const { browser, pass } = setup
    const first = open()
    await pass(300)
    const entering = first.auth.login(ada)
    await pass(300)
    await entering
    const second = open()
    await pass(300)
    expect(second.auth.getState().status).toBe('authenticated')
    second[leave]()
    slow.hold()
    const leaving = first.auth.logout()
    // Later than a page distrusts its own last write.
    await pass(3_000)
    await leaving
    const sent = browser.requests.length
    const early: Promise<unknown>[] = []
    for (let ms = 0; ms < pollingMs; ms += 60) {
      early.push(second.auth.axios.get('/me'))
      await pass(60)
    }
    second[comeBack]()
    const polls = [...early, second.auth.axios.get('/me')]
    await pass(70)
    slow.release()
    await Promise.allSettled([...polls, pass(500)])
    const carried = browser.requests.slice(sent).filter(({ headers }) => headers.Authorization)
    expect(carried).toEqual([])
    expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  }
)

it('sends a request at pagehide at once', async () => {
  const { second, browser, settle } = await openTwo()
  const sent = browser.requests.length
  second.enterBfcache()
  second.auth.axios.post('/me', {}).catch(() => {})
  await settle()
  expect(browser.requests.slice(sent).map(({ url }) => url)).toEqual([
    expect.stringMatching(/\/me$/)
  ])
})

it('sends nothing as the first user after another one signed in, even if the message is lost', async () => {
  const { first, second, pass, browser, usersSince } = await openTwo({
    slowMessages: () => new Promise(() => {})
  })
  await signInElsewhere(first, pass)
  const sent = browser.requests.length
  const request = second.auth.axios.get('/me')
  await Promise.allSettled([request, pass(1_000)])
  expect(usersSince(sent)).not.toContain('user-1')
  await expect(request).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
})

it('refreshes before it sends a token if storage was cleared while the page was away', async () => {
  const { first, second, pass, browser, callsTo, server } = await openTwo()
  second.enterBfcache()
  first.crash()
  browser.clearStorage()
  server.endSessions()
  const refreshes = callsTo('refresh').length
  second.leaveBfcache()
  const request = second.auth.axios.get('/me')
  await Promise.allSettled([request, pass(6_000, 50)])
  expect(callsTo('refresh').length - refreshes).toBe(1)
  expect(second.auth.getState()).toEqual({
    status: 'unauthenticated',
    reason: 'session-expired'
  })
  expect(callsTo('me')).toEqual([])
})

it('reads storage once per request', async () => {
  let reads = 0
  const values = new Map<string, string>()
  const { openTab, pass } = setUpTabs({
    client: {
      idlePolicy: { signOutAfterSeconds: 900 },
      platform: {
        storage: {
          getItem(key) {
            reads += 1
            return values.get(key) ?? null
          },
          setItem: (key, value) => void values.set(key, value),
          removeItem: (key) => void values.delete(key)
        }
      }
    }
  })
  const { auth } = openTab()
  await pass(300)
  await auth.login(ada)
  await auth.axios.get('/me')
  reads = 0
  for (let request = 0; request < 10; request += 1) await auth.axios.get('/me')
  expect(reads).toBe(10)
})
