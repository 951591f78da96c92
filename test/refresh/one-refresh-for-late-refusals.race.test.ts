// Late refusals: a thousand 401s that arrive at any time cause one refresh, and the callers do not
// see them.
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { countOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'

it.each([
  [0, 11],
  [60, 12],
  [150, 13],
  [400, 14]
])(
  'sends one refresh (of %d ms) for a thousand 401s at random moments within 200 ms',
  async (refreshMs, seed) => {
    const random = createSeededRandom(seed)
    let isRefusing = false
    const setup = setUpBrowsers({
      latencyMs(label) {
        if (label === '/refresh is answered') return refreshMs
        return isRefusing && label === '/me is answered' ? random() * 200 : 0
      }
    })
    const browser = setup.openBrowser()
    const { auth } = setup.openPage(browser)
    await signIn(setup, auth)
    setup.server.revokeAccessTokens()
    isRefusing = true
    const requests = range(1000).map(() => auth.axios.get('/me'))
    const settled = Promise.allSettled(requests)
    await setup.pass(1_000, 2)
    const statuses = (await settled).map((one) =>
      one.status === 'fulfilled' ? one.value.status : one.reason
    )
    expect(statuses).toEqual(Array(1000).fill(200))
    expect(countOf(browser, '/refresh')).toBe(1)
    expect(countOf(browser, '/me')).toBe(2000)
  }
)

it('sends one refresh for 401s that arrive before, during and after it', async () => {
  const arrivals: Record<string, number> = { '/first': 0, '/during': 50, '/after': 200 }
  const setup = setUpBrowsers({
    latencyMs(label) {
      if (label === '/refresh is answered') return 100
      const [path = '', what] = label.split(' ')
      return what === 'is' ? (arrivals[path] ?? 0) : 0
    }
  })
  const refusals: string[] = []
  let refreshState = 'before'
  const browser = setup.openBrowser({
    onSend({ url }) {
      const { pathname } = new URL(url)
      if (pathname === '/refresh') refreshState = 'in flight'
      return {
        settled(outcome) {
          if (pathname === '/refresh') refreshState = 'over'
          if (typeof outcome === 'object' && outcome.status === 401) {
            refusals.push(`${pathname}: ${refreshState}`)
          }
        }
      }
    }
  })
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  setup.server.revokeAccessTokens()
  const requests = Object.keys(arrivals).flatMap((path) =>
    range(100).map(() => auth.axios.get(path))
  )
  const settled = Promise.all(requests)
  await setup.pass(1_000, 5)
  expect((await settled).map(({ status }) => status)).toEqual(Array(300).fill(200))
  expect(countOf(browser, '/refresh')).toBe(1)
  expect(new Set(refusals)).toEqual(
    new Set(['/first: before', '/first: in flight', '/during: in flight', '/after: over'])
  )
  expect(refusals).toHaveLength(300)
})

it('sends one refresh per revocation when the 401s of two revocations mix', async () => {
  const random = createSeededRandom(21)
  const setup = setUpBrowsers({
    latencyMs: (label) => (label.endsWith('is answered') ? random() * 200 : 0)
  })
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  const requests: Promise<{ readonly status: number }>[] = []
  for (const _ of range(3)) {
    setup.server.revokeAccessTokens()
    requests.push(...range(200).map(() => auth.axios.get('/me')))
    // Longer than the time after a refresh in which a 401 causes no other refresh.
    await setup.pass(6_000, 20)
  }
  const answers = await Promise.all(requests)
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(countOf(browser, '/refresh')).toBe(3)
})
