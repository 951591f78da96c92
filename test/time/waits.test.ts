// I13: the one way of waiting. Each wait ends with its work, at its deadline, by its signal, or
// with the client.
import { describe, expect, it } from 'vitest'
import { createWaits } from '../../src/lib/time.ts'
import { createManualClock } from '../support/clocks/manual-clock.ts'

function setUp() {
  const { platform, tick, pendingTimers } = createManualClock()
  const { wait, setTimer, dispose } = createWaits(platform)
  return { wait, setTimer, tick, pendingTimers, dispose: () => dispose(new Error('disposed')) }
}

const never = () => new Promise<string>(() => {})

function late(): never {
  throw new Error('late')
}

describe('a wait', () => {
  it('settles as its work does, and leaves no timer', async () => {
    const { wait, pendingTimers } = setUp()
    const limits = { deadlineMs: 10, onTimeout: late }
    expect(await wait(Promise.resolve('done'), limits)).toBe('done')
    expect(await wait(async () => 'done', limits)).toBe('done')
    await expect(wait(Promise.reject(new Error('no')), limits)).rejects.toThrow('no')
    const throws = () => {
      throw new Error('at once')
    }
    await expect(wait(throws, limits)).rejects.toThrow('at once')
    expect(pendingTimers()).toBe(0)
  })

  it('ends at its deadline with the result of onTimeout', async () => {
    const { wait, tick } = setUp()
    const rejecting = wait(never(), { deadlineMs: 10, onTimeout: late })
    const resolving = wait(never(), { deadlineMs: 10, onTimeout: () => 'default' })
    tick(10)
    await expect(rejecting).rejects.toThrow('late')
    expect(await resolving).toBe('default')
  })

  it('ends with the reason of its signal', async () => {
    const { wait, pendingTimers } = setUp()
    const controller = new AbortController()
    const { signal } = controller
    const waiting = wait(never(), { deadlineMs: 10, onTimeout: late, signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    let isStarted = false
    const work = async () => {
      isStarted = true
    }
    await expect(wait(work, { signal })).rejects.toThrow('enough')
    expect(isStarted).toBe(false)
    expect(pendingTimers()).toBe(0)
  })

  it('ends with the client, and does not begin after it', async () => {
    const { wait, setTimer, dispose, pendingTimers } = setUp()
    const waiting = wait(never(), { deadlineMs: 10, onTimeout: late })
    setTimer(() => {}, 10)
    dispose()
    await expect(waiting).rejects.toThrow('disposed')
    let isStarted = false
    const work = async () => {
      isStarted = true
    }
    await expect(wait(work, { deadlineMs: 10, onTimeout: late })).rejects.toThrow('disposed')
    setTimer(() => {}, 10)
    expect(isStarted).toBe(false)
    expect(pendingTimers()).toBe(0)
  })

  it('is not an unhandled rejection if the caller has gone', async () => {
    const { wait, dispose } = setUp()
    void wait(never())
    dispose()
    await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('the signal of the work', () => {
  function begin() {
    const setup = setUp()
    const controller = new AbortController()
    let ended: AbortSignal | undefined
    void setup.wait(
      (signal) => {
        ended = signal
        return never()
      },
      { deadlineMs: 10, onTimeout: late, signal: controller.signal }
    )
    return { ...setup, abort: controller.abort.bind(controller), ended: () => ended }
  }

  it('aborts at the deadline', () => {
    const { tick, ended } = begin()
    tick(9)
    expect(ended()?.aborted).toBe(false)
    tick(1)
    expect(ended()?.aborted).toBe(true)
  })

  it('aborts with the signal of the caller', () => {
    const { abort, ended } = begin()
    abort('enough')
    expect(ended()?.reason).toBe('enough')
  })

  it('does not abort with the client, because the answer may set a cookie', () => {
    const { dispose, ended } = begin()
    dispose()
    expect(ended()?.aborted).toBe(false)
  })
})
