// Limited clocks: a client that works without end becomes a violation, and not a search that hangs.
import { expect, it } from 'vitest'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { limitClocks } from './limited-clocks.ts'

async function workWithoutEnd(read: () => number): Promise<never> {
  for (;;) await read()
}

it('stops a client that works without end in one moment, and reports it once', async () => {
  let reports = 0
  const clocks = limitClocks(createManualClock(), () => {
    reports += 1
  })
  await expect(workWithoutEnd(clocks.now)).rejects.toThrow('works without end')
  await expect(workWithoutEnd(clocks.monotonicNow)).rejects.toThrow('works without end')
  expect(reports).toBe(1)
})

it('does not stop a client that works for a long time', () => {
  const clock = createManualClock()
  const clocks = limitClocks(clock, () => expect.unreachable())
  for (let moment = 0; moment < 1_000; moment += 1) {
    for (let time = 0; time < 1_000; time += 1) clocks.now()
    clock.tick(1)
  }
})
