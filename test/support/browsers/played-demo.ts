// Played demo: the demo with its server, and browsers in which its buttons are pressed.
import { afterAll, beforeAll } from 'vitest'
import { type Demo, startDemo } from '../../../examples/demo/demo-server.ts'
import { openChromium } from './app-and-api.ts'
import { createHands, overlappingLabels, play } from './fast-hands.ts'

interface PlayedDemo {
  /** Failed requests, sessions that ended without a cause, and uncaught errors. */
  readonly failures: readonly string[]
  /** Labels of the timeline that cover each other. */
  readonly overlaps: readonly string[]
  /** How often each button was pressed. */
  readonly pressed: ReadonlyMap<string, number>
}

/** Each browser has its own cookies, and all of them sign in at the same server. */
export function setUpPlayedDemo(): (
  browsers: number,
  seconds: number,
  seed: number
) => Promise<PlayedDemo> {
  let demo: Demo | undefined
  const browser = openChromium()
  beforeAll(async () => {
    demo = await startDemo({ apiPort: 0, pagePort: 0, accessTokenSeconds: 8 })
  })
  afterAll(() => demo?.close())

  async function open() {
    const page = await (await browser().newContext()).newPage()
    await page.goto(demo?.pageUrl ?? '')
    await page.locator('[data-testid="status"][data-status="unauthenticated"]').waitFor()
    return page
  }

  return async (browsers, seconds, seed) => {
    const sessions = { endedAtMs: Number.NEGATIVE_INFINITY }
    const pages = await Promise.all(Array.from({ length: browsers }, open))
    const hands = pages.map((page, index) => createHands(page, seed + index, sessions))
    await play(hands, seconds * 1000)
    const overlaps = (await Promise.all(pages.map(overlappingLabels))).flat()
    await Promise.all(pages.map((page) => page.context().close()))
    const pressed = new Map<string, number>()
    for (const [id, times] of hands.flatMap((hand) => [...hand.pressed])) {
      pressed.set(id, (pressed.get(id) ?? 0) + times)
    }
    return { failures: hands.flatMap(({ failures }) => failures), overlaps, pressed }
  }
}
