// Demo in Chromium, used as a visitor uses it: no request of the app fails until the session ends.
import type { Browser, ConsoleMessage, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoUser } from '../../examples/demo/demo-facts.ts'
import { type Demo, startDemo } from '../../examples/demo/demo-server.ts'
import { launchChromium } from '../support/browsers/chromium.ts'

type Counter = 'failed' | 'requests' | 'refreshes' | 'reissues' | 'tokens' | 'signIns'

let demo: Demo
let browser: Browser

beforeAll(async () => {
  demo = await startDemo({ apiPort: 0, pagePort: 0, accessTokenSeconds: 8 })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await demo?.close()
})

const callsTo = (route: string) => demo.server.calls.filter((call) => call.route === route)

const press = (page: Page, id: string) => page.getByTestId(id).click()

const read = async (page: Page, counter: Counter): Promise<number> =>
  Number(await page.getByTestId(`count-${counter}`).textContent())

const untilMore = (page: Page, counter: Counter, than: number) =>
  page.waitForFunction(
    ([id, least]) => Number(document.querySelector(`[data-testid="${id}"]`)?.textContent) > least,
    [`count-${counter}`, than] as const
  )

const untilLogged = (page: Page, text: string) =>
  page.getByTestId('log').getByText(text).first().waitFor()

const untilStatus = (page: Page, status: 'authenticated' | 'unauthenticated') =>
  page.locator(`[data-testid="status"][data-status="${status}"]`).waitFor()

async function signIn(page: Page, password = demoUser.password): Promise<void> {
  await page.getByTestId('password').fill(password)
  await press(page, 'sign-in')
}

/** Browsers report every 401, and a page cannot prevent that. Any other message is a bug. */
function isUnexpected(message: ConsoleMessage): boolean {
  const isComplaint = message.type() === 'error' || message.type() === 'warning'
  return isComplaint && !/Failed to load resource.*\b401\b/.test(message.text())
}

it('shows a session that survives expiry, rotation, revocation and reload until the server ends it', async () => {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (isUnexpected(message)) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(demo.pageUrl)

  await untilStatus(page, 'unauthenticated')
  await signIn(page, 'not the password')
  await page.getByTestId('sign-in-error').getByText('ERR_AUTH_LOGIN_REJECTED').waitFor()
  await signIn(page)
  await untilStatus(page, 'authenticated')
  await page.getByText(`Signed in as ${demoUser.email}`).waitFor()
  expect(await read(page, 'signIns')).toBe(1)

  await press(page, 'burst')
  await untilLogged(page, 'All 20 succeeded')
  await press(page, 'rotate')
  await untilMore(page, 'reissues', 0)
  await press(page, 'retire')
  await untilLogged(page, 'Key retired')
  await untilMore(page, 'refreshes', await read(page, 'refreshes'))
  expect(await read(page, 'failed')).toBe(0)

  await press(page, 'revoke')
  await press(page, 'burst')
  await untilLogged(page, 'A request came back with 401')
  await untilMore(page, 'requests', await read(page, 'requests'))
  expect(await read(page, 'failed')).toBe(0)
  await expect.poll(async () => (await read(page, 'refreshes')) - callsTo('refresh').length).toBe(0)

  await page.reload()
  await untilLogged(page, 'session restored by one silent refresh')
  await untilMore(page, 'requests', 2)
  expect(await read(page, 'failed')).toBe(0)
  expect(await read(page, 'signIns')).toBe(0)

  await press(page, 'end-session')
  await page.getByTestId('signed-out-title').getByText('Your session has ended').waitFor()
  await signIn(page)
  await untilStatus(page, 'authenticated')
  await press(page, 'sign-out')
  await page.getByTestId('signed-out-title').getByText('You signed out').waitFor()
  expect(complaints).toEqual([])
})
