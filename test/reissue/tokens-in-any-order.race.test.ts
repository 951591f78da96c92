// Refresh responses and re-issued tokens in any order: the held token never gets older.

import { type AxiosAdapter, AxiosHeaders } from 'axios'
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'
import { refuseReissue } from '../../src/session/adoption.ts'
import type { HeldToken } from '../../src/session/held-token.ts'
import { createSession } from '../../src/session/session.ts'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'
import { sample } from '../support/tier.ts'
import {
  bareToken,
  type Claims,
  compareClaims,
  mint,
  readClaims,
  receiveToken
} from '../support/tokens.ts'

const orders = sample({ test: 1_000, matrix: 10_000 })
const histories = sample({ test: 200, matrix: 2_000 })
const receivedAt = { wallMs: 0, monotonicMs: 0 }

/** Tokens that a server may issue in the same second. Some have a shorter or a longer lifetime. */
function createMinter(random: () => number, shareOfOtherLives = 0, name = '') {
  let second = 1_000
  let minted = 0
  return {
    letTimePass() {
      second += Math.floor(random() * 3)
    },
    mint(): string {
      minted += 1
      const life = random() < shareOfOtherLives ? 200 + Math.floor(random() * 200) : 300
      return mint({ iat: second, exp: second + life, jti: name + minted })
    }
  }
}

it(`holds the newest token in ${orders} orders of twelve re-issued headers`, () => {
  const random = createSeededRandom(31)
  let refusals = 0
  for (const _ of range(orders)) {
    const minter = createMinter(random, 0.2)
    const session = createSession(false, { emit() {} })
    const first = receiveToken(bareToken(minter.mint()), receivedAt)
    session.hold(first, undefined, { by: 'login' })
    const inFlight: { readonly carried: HeldToken; readonly token: string }[] = []
    let newest = readClaims(first.accessToken)
    for (const step of range(24)) {
      minter.letTimePass()
      const carried = session.held()
      if (carried === undefined) throw new Error('the token is gone')
      const [arriving] =
        step < 12 && random() < 0.6
          ? []
          : inFlight.splice(Math.floor(random() * inFlight.length), 1)
      if (arriving === undefined) {
        inFlight.push({ carried, token: minter.mint() })
        continue
      }
      const candidate = receiveToken(bareToken(arriving.token), receivedAt)
      const refusal = refuseReissue(candidate, arriving.carried, session)
      if (refusal === undefined) session.hold(candidate, undefined, { by: 'reissue' })
      else refusals += 1
      const arrived = readClaims(arriving.token)
      if (compareClaims(arrived, newest) > 0) newest = arrived
      const held = readClaims(session.held()?.accessToken ?? '')
      if (compareClaims(held, newest) !== 0) expect(held).toEqual(newest)
    }
  }
  expect(refusals).toBeGreaterThan(orders)
})

interface Exchange {
  /** The server has issued a token, and its response has not arrived yet. */
  serve(): void
  deliver(): void
  readonly kind: 'refresh' | 'request'
  token: string | undefined
}

/** A client, with every response served and delivered by the test. */
function createHandServed(mintToken: () => string) {
  const open: Exchange[] = []

  function exchange<Answer>(
    kind: Exchange['kind'],
    toAnswer: (token: string) => Answer
  ): Promise<Answer> {
    return new Promise((resolve) => {
      const one: Exchange = {
        kind,
        token: undefined,
        serve() {
          one.token = mintToken()
        },
        deliver() {
          open.splice(open.indexOf(one), 1)
          resolve(toAnswer(one.token ?? ''))
        }
      }
      open.push(one)
    })
  }

  const { platform } = createManualClock()
  const auth = createAuthClient({
    baseURL: apiOrigin,
    restore: 'never',
    spreadRefreshes: false,
    platform: {
      ...platform,
      fetch: () =>
        exchange('refresh', (access_token) => Response.json({ access_token, expires_in: 300 }))
    }
  })
  const adapter: AxiosAdapter = (config) =>
    exchange('request', (token) => ({
      status: 200,
      statusText: '',
      headers: new AxiosHeaders({ Authorization: `Bearer ${token}` }),
      data: {},
      config,
      request: { responseURL: `${apiOrigin}/me` }
    }))
  auth.axios.defaults.adapter = adapter
  onTestFinished(auth.dispose)
  return { auth, open }
}

it(`never holds an older token in ${histories} histories of refreshes and requests`, async () => {
  const random = createSeededRandom(32)
  let minter = createMinter(random)
  const { auth, open } = createHandServed(() => minter.mint())
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const delivered = { refresh: 0, request: 0 }
  let lateRefreshes = 0
  for (const history of range(histories)) {
    // No token is that of an earlier session.
    minter = createMinter(random, 0, `${history}:`)
    const first = minter.mint()
    await auth.login(async () => ({ access_token: first, expires_in: 300 }))
    let newest: Claims = readClaims(first)
    for (const step of range(20)) {
      minter.letTimePass()
      const chance = random()
      const one = open[Math.floor(random() * open.length)]
      if (step < 12 && (one === undefined || chance < 0.3)) {
        auth.axios.get('/me').catch(() => {})
      } else if (step < 12 && chance < 0.45) {
        auth.refresh().catch(() => {})
      } else if (one !== undefined && one.token === undefined) {
        one.serve()
      } else if (one?.token !== undefined) {
        const arrived = readClaims(one.token)
        const isNewer = compareClaims(arrived, newest) > 0
        if (isNewer) newest = arrived
        else if (one.kind === 'refresh') lateRefreshes += 1
        delivered[one.kind] += 1
        one.deliver()
      }
      await turn()
      const held = readClaims(await auth.getAccessToken())
      if (compareClaims(held, newest) !== 0) expect(held).toEqual(newest)
    }
    for (const one of [...open]) {
      one.serve()
      one.deliver()
      await turn()
    }
  }
  expect(delivered.refresh).toBeGreaterThan(histories / 2)
  expect(delivered.request).toBeGreaterThan(histories * 2.5)
  // Refresh responses that arrived after a newer re-issued token.
  expect(lateRefreshes).toBeGreaterThan(histories / 20)
})
