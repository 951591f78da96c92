// Process of the hot path: requests of one contender with a valid token, beside bare axios.
//
// Arguments: the name of the contender, `synthetic` or `xhr`, what to measure, and its size.
import './fakes/xhr.ts'
import { PerformanceObserver } from 'node:perf_hooks'
import type { AxiosInstance } from 'axios'
import { printResult } from '../child-process.ts'
import { bare, everbearer, floors } from './contenders.ts'
import { answerAtOnce } from './fakes/network.ts'
import { peers } from './peers.ts'
import { freshToken } from './tokens.ts'

const [, , name, adapterName, measure, size] = process.argv
const contender = [bare, ...floors, ...peers, everbearer].find((one) => one.name === name)
if (contender === undefined) throw new Error(`there is no contender ${name}`)
const adapter = adapterName === 'xhr' ? 'xhr' : answerAtOnce
const token = freshToken()
const { instance: reference } = await bare.open({ adapter, token })
const { instance: measured } = await contender.open({ adapter, token })

async function sequential(instance: AxiosInstance, count: number): Promise<void> {
  for (let one = 0; one < count; one += 1) await instance.get('/me')
}

async function atOnce(instance: AxiosInstance, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => instance.get('/me')))
}

type Send = typeof sequential

/** The time of a request relative to bare axios, round by round. */
async function timeRatios(send: Send, requests: number, rounds: number): Promise<number[]> {
  async function timeOf(instance: AxiosInstance): Promise<number> {
    const startedAtMs = performance.now()
    await send(instance, requests)
    return performance.now() - startedAtMs
  }
  const ratios: number[] = []
  for (let round = -15; round < rounds; round += 1) {
    // Each side is first once, because garbage of one side may be collected during the next.
    const bareFirst = await timeOf(reference)
    const both = (await timeOf(measured)) + (await timeOf(measured))
    const bareLast = await timeOf(reference)
    // The first rounds warm up.
    if (round >= 0) ratios.push(both / (bareFirst + bareLast))
  }
  return ratios
}

/** Heap growth per request. No garbage collection may run in between. */
async function allocatedBytes(rounds: number): Promise<{ bare: number[]; measured: number[] }> {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  const requests = 300
  await sequential(reference, 3_000)
  await sequential(measured, 3_000)
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.observe({ entryTypes: ['gc'] })
  const bytes = { bare: [] as number[], measured: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    for (const [side, instance] of [
      ['bare', reference],
      ['measured', measured]
    ] as const) {
      const before = process.memoryUsage().heapUsed
      await sequential(instance, requests)
      bytes[side].push((process.memoryUsage().heapUsed - before) / requests)
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.disconnect()
  if (collections > 0) throw new Error('garbage was collected while bytes were counted')
  return bytes
}

if (measure === 'time') {
  printResult({
    sequential: await timeRatios(sequential, 200, Number(size)),
    atOnce: await timeRatios(atOnce, 1_000, Number(size))
  })
} else if (measure === 'bytes') {
  printResult(await allocatedBytes(Number(size)))
} else {
  await sequential(measured, Number(size))
}
