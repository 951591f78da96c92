// Fast hands: presses the buttons of the demo in random order, as fast as a person can.
import type { Page } from 'playwright-core'
import { createSeededRandom } from '../seeded-random.ts'

export interface Hands {
  /** Presses one button. Rejects if the page has shown a failure that has no cause. */
  press(): Promise<void>
  readonly pressed: ReadonlyMap<string, number>
  /** The failures that were seen. */
  readonly failures: readonly string[]
}

/** The state of the server that all browsers share. */
export interface Sessions {
  /** The last press of "End the session", which ends the sessions of all browsers. */
  endedAtMs: number
}

/** Buttons that end the session are rarer: otherwise most time is spent signed out. */
const weights: Readonly<Record<string, number>> = {
  burst: 6,
  rotate: 6,
  retire: 6,
  revoke: 6,
  tour: 2,
  'end-session': 1,
  'sign-out': 1,
  reload: 1,
  'sign-in': 6
}

/** A press may reach the server after a sign-in that followed it. */
const latencyMs = 3000

interface Look {
  readonly buttons: readonly string[]
  readonly failed: number
  readonly status: string | undefined
  readonly log: readonly string[]
}

/** The button must be chosen before it is pressed: a reload ends the script of the page. */
function look(page: Page): Promise<Look> {
  return page.evaluate((ids) => {
    const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)
    return {
      buttons: ids.filter((id) => find(id)?.matches(':enabled')),
      failed: Number(find('count-failed')?.textContent ?? 0),
      status: find('status')?.dataset.status,
      log: [...(find('log')?.children ?? [])].slice(0, 8).map((line) => line.textContent ?? '')
    }
  }, Object.keys(weights))
}

export function createHands(page: Page, seed: number, sessions: Sessions): Hands {
  const random = createSeededRandom(seed)
  const pressed = new Map<string, number>()
  const failures: string[] = []
  page.on('pageerror', (error) => failures.push(String(error)))
  let failedBefore = 0
  let wasSignedIn = false
  let signedInAtMs = 0

  function choose(buttons: readonly string[]): string | undefined {
    const bag = buttons.flatMap((id) => Array<string>(weights[id] ?? 0).fill(id))
    return bag[Math.floor(random() * bag.length)]
  }

  function judge({ failed, status, log }: Look): void {
    const isSignedIn = status === 'authenticated'
    const isEnded = sessions.endedAtMs > signedInAtMs - latencyMs
    if (failed > failedBefore) {
      failures.push(`${failed - failedBefore} requests failed: ${log.join(' / ')}`)
    }
    if (wasSignedIn && status === 'unauthenticated' && !isEnded) {
      failures.push(`the session ended without a cause: ${log.join(' / ')}`)
    }
    if (!wasSignedIn && isSignedIn) signedInAtMs = performance.now()
    failedBefore = failed
    if (status !== 'initializing') wasSignedIn = isSignedIn
  }

  return {
    pressed,
    failures,
    async press() {
      const seen = await look(page)
      judge(seen)
      const id = choose(seen.buttons)
      if (id === undefined) return
      pressed.set(id, (pressed.get(id) ?? 0) + 1)
      if (id === 'end-session') sessions.endedAtMs = performance.now()
      if (id === 'sign-out') wasSignedIn = false
      const clicking = page.evaluate(
        (name) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`)?.click(),
        id
      )
      if (id !== 'reload') return clicking
      failedBefore = 0
      await Promise.all([page.waitForEvent('load'), clicking.catch(() => {})])
      await page.getByTestId('status').waitFor()
    }
  }
}

/** Presses about eight buttons a second in each page. */
export async function play(hands: readonly Hands[], forMs: number): Promise<void> {
  const endsAtMs = performance.now() + forMs
  await Promise.all(
    hands.map(async ({ press }) => {
      while (performance.now() < endsAtMs) {
        const nextAtMs = performance.now() + 125
        await press()
        await new Promise((resolve) => setTimeout(resolve, nextAtMs - performance.now()))
      }
    })
  )
}

/** The texts of the labels of the timeline that cover each other. */
export function overlappingLabels(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const labels = [...document.querySelectorAll('.call:not(:empty), .flag-label')].map(
      (label) => ({
        text: label.textContent ?? '',
        box: label.getBoundingClientRect()
      })
    )
    return labels.flatMap(({ text, box }, index) =>
      labels
        .slice(index + 1)
        .filter(
          ({ box: other }) =>
            box.left < other.right &&
            other.left < box.right &&
            box.top < other.bottom &&
            other.top < box.bottom
        )
        .map((other) => `${text} and ${other.text}`)
    )
  })
}
