// I10: a write is applied at most once under every fault, and a caller that gives up sends nothing.
import axios from 'axios'
import type { AuthClient } from 'everbearer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import type { Site } from '../support/setups/internet.ts'
import { ada, respond, setUpOrigins } from '../support/setups/trusted-and-foreign-origins.ts'
import { axiosTransports, transports } from '../support/tables/transports.ts'
import { sample } from '../support/tier.ts'

const origins = setUpOrigins()

/** Faults of a write. */
const orderFaults = [
  /** The connection breaks before the server receives it. */
  'dropped',
  /** Applied, but the connection breaks before the response arrives. */
  'lost',
  /** Applied, but the server then fails. */
  'failed',
  /** Refused by a gateway that does not know the token. */
  'refused',
  /** Applied, but never answered. The caller gives up. */
  'silent'
] as const
/** Faults of the refresh, in the order of the waves. */
const refreshFaults = ['none', 'failed', 'dropped', 'lost', 'silent'] as const

const waves = sample({ test: 10, matrix: 20 })
const writesPerWave = 50
const writes = waves * writesPerWave

const turn = () => new Promise((resolve) => setImmediate(resolve))

function isDegraded({ getState }: Pick<AuthClient, 'getState'>): boolean {
  const state = getState()
  return state.status === 'authenticated' && state.degraded !== undefined
}

/** Resolves when a refresh has failed. */
function isHeldBack(auth: AuthClient): Promise<void> {
  return new Promise((resolve) => {
    const remove = auth.on('refresh-settled', ({ kind }) => {
      if (kind !== 'refreshed') resolve(remove())
    })
  })
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}

function readId(body: string): number {
  return JSON.parse(body).id
}

describe.each(transports)('a client over $name', (transport) => {
  it(`applies none of ${writes} writes twice under any fault`, async () => {
    const random = createSeededRandom(7)
    const clock = createManualClock()
    const platform = { ...clock.platform, fetch: createCookieFetch() }
    const { auth } = origins.createClient({ platform })
    await auth.login(ada)
    const applied = new Map<number, number>()
    const met = new Map<string, number>()
    const note = (fault: string) => void met.set(fault, (met.get(fault) ?? 0) + 1)
    const callers = new Map<number, AbortController>()

    const orders: Site = async (request) => {
      const id = readId(request.body)
      const fault = random() < 0.3 ? orderFaults[Math.floor(random() * orderFaults.length)] : 'none'
      if (fault === 'dropped' || fault === 'refused') note(fault)
      if (fault === 'dropped') return 'reset'
      if (fault === 'refused') return respond(401)
      const answer = await origins.server.guard(request, () => {
        applied.set(id, (applied.get(id) ?? 0) + 1)
        return respond(201)
      })
      if (answer.status === 401 || fault === undefined || fault === 'none') return answer
      note(fault)
      if (fault === 'lost') return 'reset'
      if (fault === 'failed') return respond(random() < 0.5 ? 500 : 503)
      callers.get(id)?.abort()
      return never()
    }
    origins.answer('/orders', orders)

    const outcomes: string[] = []
    for (const wave of range(waves)) {
      const fault = refreshFaults[wave % refreshFaults.length]
      const isHanging = new Promise<void>((hangs) => {
        origins.answer('/refresh', async (request) => {
          note(`refresh ${fault}`)
          if (fault === 'failed') return respond(503)
          if (fault === 'dropped') return 'reset'
          if (fault === 'silent') {
            hangs()
            return never()
          }
          const answer = await origins.server.handle(request)
          return fault === 'lost' ? 'reset' : answer
        })
      })
      // Each refresh fault comes with and without a revocation.
      if (Math.floor(wave / refreshFaults.length) % 2 === 0) {
        origins.server.revokeAccessTokens()
        // The refusals alone cause none while the client holds the route back.
        auth.refresh().catch(() => {})
      }
      const sending = Promise.all(
        range(writesPerWave).map(async (nth) => {
          const id = wave * writesPerWave + nth
          const caller = new AbortController()
          callers.set(id, caller)
          const { signal } = caller
          const body = JSON.stringify({ id })
          const headers = { 'Content-Type': 'application/json' }
          const call = { url: '/orders', method: 'POST', headers, body, signal }
          return transport.send(auth, call).then(
            ({ status }) => {
              // A caller that got a success can rely on it.
              if (status === 201) expect(applied.get(id)).toBe(1)
              return String(status)
            },
            () => 'rejected'
          )
        })
      )
      await Promise.race([sending, isHanging, isHeldBack(auth)])
      // Callers that a failed refresh holds back wait for the next one.
      let isSettled = false
      sending.finally(() => {
        isSettled = true
      })
      for (let second = 0; second < 11 || !isSettled; second += 1) {
        clock.tick(1_000)
        for (let turns = 0; turns < 20; turns += 1) await turn()
      }
      outcomes.push(...(await sending))
      // Remove the faults for the next wave.
      origins.answer('/refresh', origins.server.handle)
      while (auth.getRefreshStatus().isRefreshing || isDegraded(auth)) {
        clock.tick(1_000)
        await turn()
      }
    }

    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length
    expect(outcomes).toHaveLength(writes)
    expect([...applied.values()].filter((times) => times !== 1)).toEqual([])
    // The run covered successes, failures, every fault, and replays.
    const ids = origins.callsTo('/orders').map(({ body }) => readId(body))
    expect(count('201')).toBeGreaterThan(sample({ test: 100, matrix: 300 }))
    expect(count('rejected')).toBeGreaterThan(writes * 0.05)
    expect(ids.length - new Set(ids).size).toBeGreaterThan(writes * 0.05)
    for (const fault of orderFaults)
      expect(met.get(fault), fault).toBeGreaterThan(sample({ test: 0, matrix: 5 }))
    for (const fault of refreshFaults) expect(met.get(`refresh ${fault}`), fault).toBeGreaterThan(0)
    expect(auth.getState().status).toBe('authenticated')
  })
})

type Change = 'stays' | 'aborts' | 'is aborted already'

describe.each(transports)('a hundred callers that wait for a refresh, over $name', (transport) => {
  const changes = fc.array(fc.constantFrom<Change>('stays', 'aborts', 'is aborted already'), {
    minLength: 100,
    maxLength: 100
  })
  const waits = fc.constantFrom('before they are sent', 'after a refusal')

  it('sends nothing for callers that give up, and one request for each other', async () => {
    await fc.assert(
      fc.asyncProperty(changes, waits, async (callers, wait) => {
        const sent = await queue(
          wait,
          (auth, id, change) => {
            const caller = new AbortController()
            if (change === 'is aborted already') caller.abort()
            const { signal } = caller
            const body = JSON.stringify({ id })
            const sending = transport.send(auth, { url: '/orders', method: 'POST', body, signal })
            return { sending, giveUp: () => caller.abort() }
          },
          callers
        )
        expect(sent).toEqual(callers.map((change) => (change === 'stays' ? 'once' : 'never')))
      }),
      { numRuns: sample({ test: 2, matrix: 4 }), seed: 11 }
    )
  })
})

describe.each(axiosTransports)(
  'callers with a CancelToken that wait for a refresh, over $name',
  (transport) => {
    it('sends nothing for callers that give up, and one request for each other', async () => {
      const callers = range(100).map((nth): Change => (nth % 3 === 0 ? 'aborts' : 'stays'))
      for (const wait of ['before they are sent', 'after a refusal']) {
        const sent = await queue(
          wait,
          (auth, id) => {
            const { token: cancelToken, cancel } = axios.CancelToken.source()
            const call = { url: '/orders', method: 'POST', body: JSON.stringify({ id }) }
            return { sending: transport.send(auth, call, { cancelToken }), giveUp: () => cancel() }
          },
          callers
        )
        expect(sent).toEqual(callers.map((change) => (change === 'stays' ? 'once' : 'never')))
      }
    })
  }
)

/** Starts all writes, aborts some during the refresh, checks that each is applied once or never. */
async function queue(
  wait: string,
  begin: (
    auth: AuthClient,
    id: number,
    change: Change
  ) => { readonly sending: Promise<{ readonly status: number }>; giveUp(): void },
  callers: readonly Change[]
): Promise<string[]> {
  const clock = createManualClock()
  const platform = { ...clock.platform, fetch: createCookieFetch() }
  const { auth } = origins.createClient({ platform })
  await auth.login(ada)
  const done: number[] = []
  let open = () => {}
  const isOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  origins.answer('/orders', (request) =>
    origins.server.guard(request, () => {
      done.push(readId(request.body))
      return respond(201)
    })
  )
  const isAsked = new Promise<void>((asked) => {
    origins.answer('/refresh', async (request) => {
      asked()
      await isOpen
      return origins.server.handle(request)
    })
  })
  if (wait === 'after a refusal') origins.server.revokeAccessTokens()
  else clock.sleep(301_000)
  const refused =
    wait === 'after a refusal' ? callers.filter((one) => one !== 'is aborted already') : []
  const before = origins.callsTo('/orders').length

  const begun = callers.map((change, id) => ({ change, ...begin(auth, id, change) }))
  const outcomes = begun.map(({ sending }) =>
    sending.then(
      ({ status }) => String(status),
      (error) =>
        axios.isCancel(error) || (error instanceof Error && error.name === 'AbortError')
          ? 'cancelled'
          : String(error)
    )
  )
  await isAsked
  while (origins.callsTo('/orders').length - before < refused.length) {
    await turn()
  }
  for (const { change, giveUp } of begun) if (change === 'aborts') giveUp()
  // They are released at once, before the refresh settles.
  const early = await Promise.all(outcomes.filter((_, id) => callers[id] !== 'stays'))
  expect(early).toEqual(early.map(() => 'cancelled'))
  expect(done).toEqual([])
  open()
  const late = await Promise.all(outcomes.filter((_, id) => callers[id] === 'stays'))
  expect(late).toEqual(late.map(() => '201'))
  expect(origins.callsTo('/refresh').length).toBeGreaterThan(0)
  return callers.map((_, id) => {
    const times = done.filter((one) => one === id).length
    return times === 0 ? 'never' : times === 1 ? 'once' : `${times} times`
  })
}
