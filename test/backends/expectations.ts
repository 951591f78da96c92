// Expectations that several scenarios share.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { Browser } from './browser.ts'
import { openPage, type Page, type Site, untilRefused } from './page.ts'

/** Sends requests until the server refuses the token, which the client has replaced by then. */
export async function useUntilRefused(site: Site, client: Page, token: string): Promise<void> {
  let isRefused = false
  const refusal = untilRefused(site, token).then(() => {
    isRefused = true
  })
  while (!isRefused) {
    expect((await client.axios.get(site.backend.api)).status).toBe(200)
    await sleep(100)
  }
  await refusal
}

/** After a sign-out, no page load restores the session, even with a stolen refresh token. */
export async function expectSignOut(site: Site, client: Page, browser: Browser): Promise<void> {
  expect(await client.logout()).toEqual({ confirmed: true })
  client.dispose()
  expect((await openPage(site, browser).ready()).status).toBe('unauthenticated')
  expect(browser.copies.length).toBeGreaterThan(0)
  for (const stolen of browser.copies.toReversed()) {
    expect((await openPage(site, stolen).ready()).status).toBe('unauthenticated')
  }
  const answers = browser.copies.flatMap(({ calls }) => calls.map(({ status }) => status))
  expect(answers).toContain(site.backend.revoked)
}

/** The sign-out is repeated in the background, so the test waits for its answer. */
export async function expectRepeatedSignOut(
  site: Site,
  { calls }: Browser,
  stolen: Browser
): Promise<void> {
  const { logout } = site.backend.contract
  const path = typeof logout === 'object' ? logout.path : (logout ?? '/logout')
  await vi.waitFor(
    () => expect(calls.some((call) => call.path === path && call.status < 300)).toBe(true),
    10_000
  )
  expect((await openPage(site, stolen).ready()).status).toBe('unauthenticated')
  expect(stolen.calls.map(({ status }) => status)).toEqual([site.backend.revoked])
}
