// Rolling deployment: one of two servers behind an address lacks the new key. Refreshes are
// bounded, and sessions are kept.
import type { MockAuthServer, WireRequest, WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import {
  answer,
  type Backend,
  countOf,
  setUpBrowsers,
  signIn
} from '../support/setups/many-browsers.ts'

/**
 * The old server answers API requests if `isOldTurn` returns true. It knows all keys except the
 * newest.
 */
function createRollout(isOldTurn: (nth: number) => boolean) {
  let isRolling = false
  let answers = 0

  function isRefusedByOldServer(server: MockAuthServer, { headers }: WireRequest): boolean {
    if (!isRolling) return false
    answers += 1
    const [, bearer = ''] = headers.find(([name]) => name === 'Authorization') ?? []
    const header = Buffer.from(bearer.slice('Bearer '.length).split('.')[0] ?? '', 'base64url')
    return isOldTurn(answers) && JSON.parse(header.toString()).kid === server.keys[0]?.kid
  }

  async function refuse(): Promise<WireResponse> {
    return answer(
      401,
      { error: 'invalid_token' },
      { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
    ).response
  }

  const wrap = (server: MockAuthServer): Backend => ({
    owns: server.owns,
    handle: (request, adapter) =>
      request.url.endsWith('/me') && isRefusedByOldServer(server, request)
        ? refuse()
        : server.handle(request, adapter),
    guard: (request, respond, adapter) =>
      isRefusedByOldServer(server, request) ? refuse() : server.guard(request, respond, adapter)
  })

  return {
    wrap,
    begin() {
      isRolling = true
    },
    end() {
      isRolling = false
    }
  }
}

const random = createSeededRandom(61)

// 20 refreshes that a 401 causes may come at once, and then one in 8 s: 20 + 132 / 8 in 132 s.
const mostRefreshes = 36

it.each([
  ['every second answer, from the first on', (nth: number) => nth % 2 === 1],
  ['every second answer, from the second on', (nth: number) => nth % 2 === 0],
  ['half of the answers, at random', () => random() < 0.5],
  ['nine of ten answers, at random', () => random() < 0.9],
  ['bursts of seven answers', (nth: number) => Math.floor(nth / 7) % 2 === 1]
])(
  'keeps the session during a rolling deployment in which the old server gives %s',
  async (_, isOldTurn) => {
    const rollout = createRollout(isOldTurn)
    const setup = setUpBrowsers({
      wrap: rollout.wrap,
      latencyMs: (label) => (label.endsWith('is answered') ? 20 : 0)
    })
    const browser = setup.openBrowser()
    const { auth, events } = setup.openPage(browser)
    await signIn(setup, auth)
    setup.server.rotateKey()
    rollout.begin()
    const asked: Promise<number>[] = []
    for (const nth of range(300)) {
      const path = nth % 3 === 0 ? '/notes' : '/me'
      asked.push(auth.axios.get(path, { validateStatus: () => true }).then(({ status }) => status))
      await setup.pass(200, 20)
    }
    // The last requests may wait for a refresh.
    await setup.pass(72_000, 1_000)
    const statuses = await Promise.all(asked)
    expect(statuses).toContain(200)
    expect(statuses.filter((status) => status !== 200 && status !== 401)).toEqual([])
    const refreshes = countOf(browser, '/refresh')
    expect(refreshes).toBeGreaterThan(0)
    expect(refreshes).toBeLessThanOrEqual(mostRefreshes)
    // Each request is replayed at most eight times.
    expect(browser.requests.length).toBeLessThanOrEqual(1 + 9 * 300 + mostRefreshes)
    expect(events.map(({ name }) => name)).not.toContain('signed-out')
    expect(auth.getState().status).toBe('authenticated')

    rollout.end()
    for (const _ of range(20)) {
      const asking = auth.axios.get('/me')
      await setup.pass(200, 20)
      expect((await asking).status).toBe(200)
    }
    expect(countOf(browser, '/refresh')).toBe(refreshes)
  }
)
