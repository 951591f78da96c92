// Demo in Chromium, with every button pressed as fast as a person can: no request fails while the
// session lasts.
import { expect, it } from 'vitest'
import { setUpPlayedDemo } from '../support/browsers/played-demo.ts'

const play = setUpPlayedDemo()

it.each([1, 2])('fails no request during 10 seconds with %i browsers', async (browsers) => {
  const { failures, overlaps, pressed } = await play(browsers, 10, 1)
  expect(failures).toEqual([])
  expect(overlaps).toEqual([])
  expect(pressed.size).toBeGreaterThan(5)
})
