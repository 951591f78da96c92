// I5, I9: a listener may call any method at any time without a deadlock or a loop.
import axios from 'axios'
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import {
  answers,
  type FaultyServerSetup,
  setUpFaultyServer
} from '../support/setups/faulty-auth-server.ts'
import { ada, eventNames, grace } from '../support/setups/test-client.ts'

type Call = (auth: AuthClient) => unknown

const calls: Readonly<Record<string, Call>> = {
  attach: (auth) => auth.attach(axios.create()),
  login: (auth) => auth.login(grace),
  'login with a function': (auth) => auth.login(async () => ({ access_token: 'popup' })),
  logout: (auth) => auth.logout(),
  refresh: (auth) => auth.refresh(),
  getAccessToken: (auth) => auth.getAccessToken(),
  getState: (auth) => auth.getState(),
  getRefreshStatus: (auth) => auth.getRefreshStatus(),
  subscribe: (auth) => auth.subscribe(() => {}),
  on: (auth) => auth.on('refreshed', () => {}),
  ready: (auth) => auth.ready(),
  'a request': (auth) => auth.axios.get('/me'),
  dispose: (auth) => auth.dispose()
}
const occasions = ['state', ...eventNames] as const
type Occasion = (typeof occasions)[number]

function onOccasion(auth: AuthClient, occasion: Occasion, listener: () => void): () => void {
  return occasion === 'state' ? auth.subscribe(listener) : auth.on(occasion, listener)
}

/** Causes every event once. */
async function live(setup: FaultyServerSetup, tally: Tally): Promise<void> {
  const { auth, server, browser, clock, idle, fault } = setup
  const steps: (() => unknown)[] = [
    () => auth.login(ada),
    () => auth.refresh(),
    () => server.rotateKey(),
    () => auth.axios.get('/me'),
    () => fault('/refresh', answers(503, {})),
    () => auth.refresh(),
    () => clock.tick(1_000),
    () => browser.intercept('/notes', { kind: 'answer', response: withMalformedReissue }),
    () => auth.axios.get('/notes'),
    () => auth.logout()
  ]
  for (const step of steps) {
    make(step, auth, tally)
    await idle()
  }
}

const withMalformedReissue = {
  status: 200,
  headers: [['Authorization', 'Bearer a b']] satisfies [string, string][],
  setCookies: [],
  body: '{}'
}

interface Tally {
  begun: number
  settled: number
}

/** Calls synchronously, as a listener does, and counts when the call settles. */
function make(call: Call, auth: AuthClient, tally: Tally): void {
  const settle = () => {
    tally.settled += 1
  }
  tally.begun += 1
  new Promise((resolve) => resolve(call(auth))).then(settle, settle)
}

/** Lets every deadline pass. */
async function outwait({ clock, idle }: FaultyServerSetup): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await idle()
    clock.tick(31_000)
  }
  await idle()
}

it.each(
  occasions.flatMap((occasion) =>
    Object.entries(calls).map(([name, call]) => ({ occasion, name, call }))
  )
)('settles everything when a listener of "$occasion" calls $name', async ({ occasion, call }) => {
  const setup = setUpFaultyServer()
  const tally = { begun: 0, settled: 0 }
  onOccasion(setup.auth, occasion, () => {
    // Twice at most: the call may cause the same event again.
    if (tally.begun < 2) make(call, setup.auth, tally)
  })
  const app = { begun: 0, settled: 0 }
  await live(setup, app)
  await outwait(setup)
  expect(tally.begun).toBeGreaterThan(0)
  expect(tally.settled).toBe(tally.begun)
  expect(app.settled).toBe(app.begun)
  expect(setup.mostInFlight('/refresh')).toBeLessThanOrEqual(1)
})

const { dispose: _, ...harmless } = calls
const { logout: __, ...keeping } = harmless

it.each([
  ['every method', harmless],
  ['every method that keeps the session', keeping]
])('settles everything when every listener calls %s', async (_name, methods) => {
  const setup = setUpFaultyServer()
  const tally = { begun: 0, settled: 0 }
  const removers = occasions.map((occasion) => {
    let times = 0
    return onOccasion(setup.auth, occasion, () => {
      times += 1
      if (times > 3) return
      for (const call of Object.values(methods)) make(call, setup.auth, tally)
    })
  })
  await live(setup, tally)
  await outwait(setup)
  expect(tally.begun).toBeGreaterThan(3 * Object.keys(methods).length)
  expect(tally.settled).toBe(tally.begun)
  expect(setup.mostInFlight('/refresh')).toBeLessThanOrEqual(1)
  for (const remove of removers) remove()
  // The client still works.
  await setup.auth.login(ada)
  expect((await setup.auth.axios.get('/me')).status).toBe(200)
})

it('calls listeners only after the call that caused the event has returned', async () => {
  const { auth, idle } = setUpFaultyServer()
  await auth.login(ada)
  await idle()
  let isInside = true
  const seen: boolean[] = []
  auth.on('signed-out', () => seen.push(isInside))
  auth.subscribe(() => seen.push(isInside))
  const signingOut = auth.logout()
  isInside = false
  await signingOut
  expect(seen).toEqual([false, false])
})
