// Many users in one server process: clients are independent, and no user gets data of another user.
import type { AuthClient } from 'everbearer'
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { expect, it, onTestFinished } from 'vitest'
import { createManualClock, type ManualClock } from '../support/clocks/manual-clock.ts'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { apiOrigin, createVirtualBrowser, pageOrigin } from '../support/setups/virtual-browser.ts'
import { readClaims } from '../support/tokens.ts'

interface User {
  readonly sub: string
  readonly auth: AuthClient
  /** The subjects of the tokens that were sent for this user. */
  sentSubs(): (string | undefined)[]
}

function createServer(clock: ManualClock, users: number) {
  return createMockAuthServer({
    allowedOrigins: [pageOrigin],
    accessTokenSeconds: 60,
    users: range(users).map((nth) => ({
      email: `user-${nth}@example.com`,
      password: 'secret',
      sub: `sub-${nth}`
    })),
    now: clock.trueNow
  })
}

/** A user with a client that runs on a server: it has its own cookie jar and no page. */
async function createUser(
  nth: number,
  server: ReturnType<typeof createServer>,
  clock: ManualClock,
  delay: () => Promise<void>
): Promise<User> {
  const browser = createVirtualBrowser(server, { delay })
  const { fetch } = browser.platform
  if (fetch === undefined) throw new Error('a virtual browser has a fetch')
  const auth = createAuthClient({
    baseURL: apiOrigin,
    platform: { ...clock.platform, random: createSeededRandom(nth), fetch }
  })
  auth.axios.defaults.adapter = browser.adapter
  onTestFinished(auth.dispose)
  await auth.login({ email: `user-${nth}@example.com`, password: 'secret' })
  return {
    sub: `sub-${nth}`,
    auth,
    sentSubs: () =>
      browser.requests.flatMap(({ headers }) =>
        headers.Authorization === undefined ? [] : [readClaims(headers.Authorization).sub]
      )
  }
}

it('gives each of fifty users only their own answers in a thousand interleaved requests', async () => {
  const random = createSeededRandom(101)
  const clock = createManualClock()
  const server = createServer(clock, 50)
  const someTurns = async () => {
    for (let left = Math.floor(random() * 8); left > 0; left -= 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const users = await Promise.all(range(50).map((nth) => createUser(nth, server, clock, someTurns)))
  const disturbances = [
    () => server.revokeAccessTokens(),
    () => server.rotateKey(),
    () => clock.sleep(61_000),
    () => {}
  ]
  const answers: { readonly asked: string; readonly got: string }[] = []
  for (const round of range(10)) {
    disturbances[round % disturbances.length]?.()
    // Longer than the pause after a refresh in which a refused token causes no further refresh.
    clock.sleep(6_000)
    const asking = range(100).map(async () => {
      const user = users[Math.floor(random() * users.length)]
      if (user === undefined) throw new Error('there is no such user')
      await someTurns()
      const { data } = await user.auth.axios.get('/me')
      answers.push({ asked: user.sub, got: data.sub })
    })
    await Promise.all(asking)
  }
  expect(answers).toHaveLength(1_000)
  const crossed = answers.filter(({ asked, got }) => got !== asked)
  expect(crossed).toEqual([])
  for (const { sub, sentSubs } of users) expect(new Set(sentSubs())).toEqual(new Set([sub]))
  expect(server.calls.filter(({ route }) => route === 'refresh').length).toBeGreaterThan(50)
  expect(server.calls.some(({ reissued }) => reissued === true)).toBe(true)
})

it('refreshes once per user when two users of one URL refresh in the same tick', async () => {
  const clock = createManualClock()
  const server = createServer(clock, 2)
  const users = await Promise.all(
    range(2).map((nth) => createUser(nth, server, clock, async () => {}))
  )
  clock.sleep(61_000)
  const before = server.calls.length
  const tokens = await Promise.all(users.map(({ auth }) => auth.getAccessToken()))
  expect(tokens.map((token) => readClaims(token).sub)).toEqual(['sub-0', 'sub-1'])
  const refreshes = server.calls.slice(before)
  expect(refreshes.map(({ route, sub }) => `${route} ${sub}`).sort()).toEqual([
    'refresh sub-0',
    'refresh sub-1'
  ])
})

it('keeps one user signed in when another user of the same process signs out', async () => {
  const clock = createManualClock()
  const server = createServer(clock, 2)
  const [first, second] = await Promise.all(
    range(2).map((nth) => createUser(nth, server, clock, async () => {}))
  )
  if (first === undefined || second === undefined) throw new Error('there are two users')
  const asking = second.auth.axios.get('/me')
  await first.auth.logout()
  expect((await asking).status).toBe(200)
  expect(first.auth.getState().status).toBe('unauthenticated')
  expect(second.auth.getState().status).toBe('authenticated')
  expect(readClaims(await second.auth.getAccessToken()).sub).toBe('sub-1')
})
