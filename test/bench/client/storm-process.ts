// Process of a storm: many requests at once meet a dead token, beside bare axios with a valid one.
//
// Arguments: the name of the contender, the scenario, the number of requests, and of rounds.
import { printResult } from '../child-process.ts'
import { bareWithHeader, type Contender, everbearer, type Opened } from './contenders.ts'
import { createFakeApi, type Delays, type FakeApi, nextTurn } from './fakes/api.ts'
import { peers, undeduplicated } from './peers.ts'
import { expiredToken, freshToken } from './tokens.ts'

const [, , name, scenario, count, rounds] = process.argv
const requests = Number(count)
const contender = [...peers, undeduplicated, everbearer].find((one) => one.name === name)
if (contender === undefined) throw new Error(`there is no contender ${name}`)

interface Scene extends Opened {
  readonly api: FakeApi
}

/** `expired`: the token is past its `exp`. `revoked`: only the server knows that it is dead. */
async function prepare(chosen: Contender, delays?: Delays): Promise<Scene> {
  const api = createFakeApi(delays)
  const isExpired = scenario === 'expired' && chosen !== bareWithHeader
  const token = isExpired ? expiredToken() : freshToken()
  api.accept(chosen === bareWithHeader ? token : 'another token')
  const { adapter, refresh } = api
  return { api, ...(await chosen.open({ adapter, token, isExpired, refresh })) }
}

interface Outcome {
  readonly ms: number
  readonly succeeded: number
  readonly sent: number
  readonly refreshes: number
}

async function play(chosen: Contender): Promise<Outcome> {
  const { instance, dispose, api } = await prepare(chosen)
  const startedAtMs = performance.now()
  const settled = await Promise.allSettled(
    Array.from({ length: requests }, () => instance.get('/me'))
  )
  const ms = performance.now() - startedAtMs
  dispose?.()
  const succeeded = settled.filter(({ status }) => status === 'fulfilled').length
  return { ms, succeeded, ...api.counts }
}

/** The heap that a waiting request keeps: until its answer, or until the token is refreshed. */
async function keptBytes(chosen: Contender): Promise<number> {
  const held: (() => void)[] = []
  let isHeld = true
  const hold = (arrive: () => void) => void (isHeld ? held.push(arrive) : setImmediate(arrive))
  const isBare = chosen === bareWithHeader
  const { instance, dispose } = await prepare(chosen, {
    answer: isBare ? hold : nextTurn.answer,
    refresh: hold
  })
  const settled = async (length: number) =>
    Promise.allSettled(Array.from({ length }, () => instance.get('/me')))
  const before = await heapUsed()
  const all = settled(requests)
  for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setImmediate(next))
  const bytes = ((await heapUsed()) - before) / requests
  isHeld = false
  for (const arrive of held) arrive()
  await all
  dispose?.()
  return bytes
}

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.()
    await new Promise((next) => setImmediate(next))
  }
  return process.memoryUsage().heapUsed
}

const ratios: number[] = []
let outcome = await play(contender)
const isTimed = Number(rounds) > 0
// Small storms need some more to warm up.
for (let sent = requests; isTimed && sent < 2_000; sent += requests) {
  await play(bareWithHeader)
  await play(contender)
}
for (let round = 0; round < Number(rounds); round += 1) {
  // Each side is first once, because garbage of one side may be collected during the next.
  const bareFirst = await play(bareWithHeader)
  const first = await play(contender)
  outcome = await play(contender)
  const bareLast = await play(bareWithHeader)
  ratios.push((first.ms + outcome.ms) / (bareFirst.ms + bareLast.ms))
}
// Requests that fail do not wait, so their heap says nothing.
const kept =
  globalThis.gc === undefined || outcome.succeeded < requests
    ? undefined
    : { bare: await keptBytes(bareWithHeader), measured: await keptBytes(contender) }
printResult({ ratios, ...outcome, kept })
