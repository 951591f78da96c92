// Auth lock: one task at a time, with a bounded wait.
import { describe, expect, it } from 'vitest'
import type { Platform, PlatformLocks } from '../../src/lib/platform.ts'
import { createWaits } from '../../src/lib/time.ts'
import { type AuthLock, createLock } from '../../src/tabs/lock.ts'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { createSharedLocks } from '../support/setups/shared-locks.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function createLockOf(
  platform: Pick<Platform, 'setTimer'>,
  locks: PlatformLocks | undefined
): AuthLock {
  return createLock('a', 1000, { locks, ...createWaits(platform) })
}

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
  const lock = createLockOf(platform, undefined)
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
  const lock = createLockOf(platform, undefined)
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
  const lock = createLockOf(platform, undefined)
  const failing = lock.run(() => Promise.reject(new Error('no')))
  const next = lock.run(async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})

it('leaves no timer behind after the tasks have run', async () => {
  const { platform, pendingTimers } = createManualClock()
  const locks: PlatformLocks = { request: (name, _, task) => task({ name }) }
  const lock = createLockOf(platform, locks)
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
  const lock = createLockOf(platform, { request })
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
  const lock = createLockOf(platform, locks)
  const running = lock.run(
    async ({ afterAnother, isOverdue }) => `ran, ${afterAnother}, ${isOverdue}`
  )
  await turn()
  tick(1000)
  expect(await running).toBe('ran, false, true')
  expect(seen).toEqual([['ifAvailable'], ['signal']])
})

it('rejects with the error of the task and runs it once', async () => {
  const { platform } = createManualClock()
  const locks: PlatformLocks = { request: (name, _, task) => task({ name }) }
  const lock = createLockOf(platform, locks)
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
  const [first, second] = [1, 2].map(() => createLockOf(platform, shared.forTab().locks))
  const order = await Promise.all([
    first?.run(async ({ afterAnother }) => afterAnother),
    second?.run(async ({ afterAnother }) => afterAnother)
  ])
  expect(order).toEqual([false, true])
})

it('runs the task without the Web Lock if its first request is never answered', async () => {
  const { platform, tick } = createManualClock()
  let grant: () => Promise<unknown> = async () => {}
  const locks: PlatformLocks = {
    request: (name, _, task) =>
      new Promise((resolve) => {
        grant = async () => resolve(await task({ name }))
      })
  }
  const lock = createLockOf(platform, locks)
  for (const name of ['first', 'second']) {
    const running = lock.run(async () => name)
    await turn()
    tick(1000)
    expect(await running).toBe(name)
  }
  // A grant that comes too late gives the lock back at once.
  await grant()
})

describe('with another tab', () => {
  function setUp() {
    const { platform, tick, pendingTimers } = createManualClock()
    const shared = createSharedLocks()
    const here = createWaits(platform)
    const lock = createLock('a', 1000, { locks: shared.forTab().locks, ...here })
    const other = createLockOf(platform, shared.forTab().locks)
    return { tick, pendingTimers, lock, other, dispose: () => here.dispose(new Error('disposed')) }
  }

  it('releases a held lock at once when the client is disposed', async () => {
    const { lock, other, dispose } = setUp()
    const { order, task } = createTask()
    void lock.run(task('hung'))
    const waiting = other.run(async ({ afterAnother }) => afterAnother)
    await turn()
    dispose()
    expect(await waiting).toBe(true)
    expect(order).toEqual(['hung begins'])
  })

  it('does not hold up other tabs by a request that was waiting when its client was disposed', async () => {
    const { lock, other, dispose, pendingTimers } = setUp()
    const { order, finish, task } = createTask()
    void other.run(task('first'))
    await turn()
    const waiting = lock.run(async () => order.push('disposed client'))
    await turn()
    dispose()
    await expect(waiting).rejects.toThrow('disposed')
    void other.run(task('second'))
    finish[0]?.()
    await turn()
    expect(order).toEqual(['first begins', 'first ends', 'second begins'])
    expect(pendingTimers()).toBe(0)
    await expect(lock.run(async () => {})).rejects.toThrow('disposed')
  })

  it('keeps the lock for a moment after a task, and not from its own callers', async () => {
    const { lock, other, tick } = setUp()
    expect(await lock.run(async () => 'refreshed', { keepMs: () => 100 })).toBe('refreshed')
    const { order, task } = createTask()
    void other.run(task('other tab'))
    await turn()
    tick(99)
    await turn()
    expect(order).toEqual([])
    tick(1)
    await turn()
    expect(order).toEqual(['other tab begins'])
  })

  it('runs the next task of the same tab at once under the lock it keeps', async () => {
    const { lock, other, tick, pendingTimers } = setUp()
    await lock.run(async () => {}, { keepMs: () => 100 })
    const { order, finish, task } = createTask()
    void other.run(task('other tab'))
    void lock.run(task('same tab'))
    await turn()
    tick(500)
    await turn()
    expect(order).toEqual(['same tab begins'])
    finish[0]?.()
    await turn()
    expect(order).toEqual(['same tab begins', 'same tab ends', 'other tab begins'])
    finish[1]?.()
    await turn()
    expect(pendingTimers()).toBe(0)
  })

  it('keeps the lock after a task that failed, if the task has changed what others read', async () => {
    const { lock, other, tick } = setUp()
    let keepMs = 0
    const fail = (ms: number) => () => {
      keepMs = ms
      return Promise.reject(new Error('no'))
    }
    const limits = { keepMs: () => keepMs }
    await expect(lock.run(fail(0), limits)).rejects.toThrow('no')
    expect(await other.run(async ({ afterAnother }) => afterAnother)).toBe(false)
    await expect(lock.run(fail(100), limits)).rejects.toThrow('no')
    const waiting = other.run(async ({ afterAnother }) => afterAnother)
    await turn()
    tick(100)
    expect(await waiting).toBe(true)
  })

  it('releases a kept lock at once when the client is disposed', async () => {
    const { lock, other, dispose, pendingTimers } = setUp()
    await lock.run(async () => {}, { keepMs: () => 100 })
    const waiting = other.run(async () => 'ran')
    await turn()
    dispose()
    expect(await waiting).toBe('ran')
    expect(pendingTimers()).toBe(0)
  })

  it('leaves the queue as soon as the task has become unnecessary', async () => {
    const { lock, other, pendingTimers } = setUp()
    const { order, finish, task } = createTask()
    void other.run(task('first'))
    await turn()
    const arrived = new AbortController()
    const waiting = lock.run(task('unnecessary'), { signal: arrived.signal })
    await turn()
    arrived.abort(new Error('not needed'))
    await expect(waiting).rejects.toThrow('not needed')
    void lock.run(task('next'))
    finish[0]?.()
    await turn()
    expect(order).toEqual(['first begins', 'first ends', 'next begins'])
    finish[1]?.()
    await turn()
    expect(pendingTimers()).toBe(0)
  })

  it('does not stop a task that has begun when its signal aborts', async () => {
    const { lock } = setUp()
    const { finish, task } = createTask()
    const arrived = new AbortController()
    const running = lock.run(task('begun'), { signal: arrived.signal })
    await turn()
    arrived.abort(new Error('not needed'))
    finish[0]?.()
    expect(await running).toBe('begun')
  })
})
