// Demo in Chromium, with every button pressed as fast as a person can, for a minute and longer.
import { expect, it } from 'vitest'
import { setUpPlayedDemo } from '../support/browsers/played-demo.ts'

const seconds = Number(process.env.HANDS_SECONDS ?? 60)
const seed = Number(process.env.HANDS_SEED ?? 1)
const play = setUpPlayedDemo()

it.each([1, 2])(
  'fails no request with %i browsers',
  async (browsers) => {
    const { failures, overlaps, pressed } = await play(browsers, seconds, seed)
    process.stdout.write(`${[...pressed].map((entry) => entry.join(' ')).join(', ')}\n`)
    expect(failures).toEqual([])
    expect(overlaps).toEqual([])
  },
  (seconds + 120) * 1000
)
