// Auth lock: one task at a time, with a bounded wait.
import { expect, it } from 'vitest'
import type { PlatformLocks } from '../../src/lib/platform.ts'
import { createLock } from '../../src/tabs/lock.ts'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { createSharedLocks } from '../support/setups/virtual-tabs.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function createTask() {
  const order: string[] = []
  const finish: (() => void)[] = []
  const task = (name: string) => () =>
    new Promise<string>((resolve) => {
      order.push(`${name} begins`)
      finish.push(() => {
        order.push(`${name} ends`)
        resolve(name)
      })
    })
  return { order, finish, task }
}

it('runs the tasks of one tab one after the other, in the order of their calls', async () => {
  const { platform } = createManualClock()
  const lock = createLock('a', 1000, { ...platform, locks: undefined })
  const { order, finish, task } = createTask()
  const both = Promise.all([lock.run(task('one')), lock.run(task('two'))])
  await turn()
  expect(order).toEqual(['one begins'])
  finish[0]?.()
  await turn()
  finish[1]?.()
  expect(await both).toEqual(['one', 'two'])
  expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
})

it('runs a task without the lock when its wait is over', async () => {
  const { platform, tick } = createManualClock()
  const lock = createLock('a', 1000, { ...platform, locks: undefined })
  const { order, task } = createTask()
  void lock.run(task('hung'))
  void lock.run(task('next'))
  await turn()
  tick(999)
  await turn()
  expect(order).toEqual(['hung begins'])
  tick(1)
  await turn()
  expect(order).toEqual(['hung begins', 'next begins'])
})

it('runs the next task after one that failed', async () => {
  const { platform } = createManualClock()
  const lock = createLock('a', 1000, { ...platform, locks: undefined })
  const failing = lock.run(() => Promise.reject(new Error('no')))
  const next = lock.run(async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})

it('leaves no timer behind after the tasks have run', async () => {
  const { platform, pendingTimers } = createManualClock()
  const locks: PlatformLocks = { request: (name, _, task) => task({ name }) }
  const lock = createLock('a', 1000, { ...platform, locks })
  await Promise.all([lock.run(async () => 1), lock.run(async () => 2)])
  await turn()
  expect(pendingTimers()).toBe(0)
})

it.each([
  ['rejects', () => Promise.reject(new DOMException('not fully active', 'InvalidStateError'))],
  [
    'throws',
    () => {
      throw new DOMException('opaque origin', 'SecurityError')
    }
  ]
])('runs the task without the Web Lock if requesting it %s', async (_, request) => {
  const { platform } = createManualClock()
  const lock = createLock('a', 1000, { ...platform, locks: { request } })
  let runs = 0
  await lock.run(async () => {
    runs += 1
  })
  expect(runs).toBe(1)
})

it('runs the task without the Web Lock, and never steals it, if another tab keeps it', async () => {
  const { platform, tick } = createManualClock()
  const seen: unknown[] = []
  const locks: PlatformLocks = {
    request: (_, options, task) => {
      seen.push(Object.keys(options))
      if (!('signal' in options)) return task(null)
      return new Promise((__, reject) =>
        options.signal.addEventListener('abort', () => reject(options.signal.reason))
      )
    }
  }
  const lock = createLock('a', 1000, { ...platform, locks })
  const running = lock.run(async (afterAnother) => `ran, ${afterAnother}`)
  await turn()
  tick(1000)
  expect(await running).toBe('ran, false')
  expect(seen).toEqual([['ifAvailable'], ['signal']])
})

it('rejects with the error of the task and runs it once', async () => {
  const { platform } = createManualClock()
  const locks: PlatformLocks = { request: (name, _, task) => task({ name }) }
  const lock = createLock('a', 1000, { ...platform, locks })
  let runs = 0
  const running = lock.run(async () => {
    runs += 1
    throw new Error('no')
  })
  await expect(running).rejects.toThrow('no')
  expect(runs).toBe(1)
})

it('reports whether another tab held the lock before', async () => {
  const { platform } = createManualClock()
  const shared = createSharedLocks()
  const [first, second] = [1, 2].map(() =>
    createLock('a', 1000, { ...platform, locks: shared.forTab().locks })
  )
  const order = await Promise.all([
    first?.run(async (afterAnother) => afterAnother),
    second?.run(async (afterAnother) => afterAnother)
  ])
  expect(order).toEqual([false, true])
})
