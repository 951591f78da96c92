// Token hunt in Chromium: finds a token in each place where a page can leak it.
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openChromium } from '../support/browsers/app-and-api.ts'
import { canaryHunter } from '../support/hunt/canary.ts'
import { readPages } from '../support/hunt/page-hunt.ts'

const server = createMockAuthServer()
let api: Awaited<ReturnType<typeof listen>>

beforeAll(async () => {
  api = await listen(server)
})
afterAll(() => api?.close())

const browser = openChromium()

async function mint(): Promise<string> {
  const { body } = await server.handle({
    method: 'POST',
    url: `${api.url}/login`,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  })
  return JSON.parse(body).access_token
}

async function openPage(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser().newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(api.url)
  return { context, page }
}

async function findings(): Promise<string> {
  await readPages()
  try {
    canaryHunter.check()
  } catch (error) {
    return String(error)
  }
  return ''
}

/** Expressions that leak the token T, and expressions that remove it again. */
const leaks: readonly [place: string, leak: string, mend?: string][] = [
  ['console', 'console.log("signed in with", T)'],
  ['console', 'console.info({ deep: { list: [T] } })'],
  ['page, error', 'void setTimeout(() => { throw new Error(T) })'],
  ['page, localStorage', 'localStorage.setItem("t", T)', 'localStorage.clear()'],
  ['page, localStorage', 'localStorage.setItem(T, "")', 'localStorage.clear()'],
  ['page, sessionStorage', 'sessionStorage.setItem("t", T)', 'sessionStorage.clear()'],
  ['page, document.cookie', 'document.cookie = "t=" + T', 'document.cookie = "t=; Max-Age=0"'],
  ['page, location', 'history.replaceState(null, "", "#" + T)', 'history.replaceState(0, "", "#")'],
  ['page, history.state', 'history.pushState({ t: T }, "")', 'history.replaceState(0, "")'],
  ['page, window.name', 'window.name = T', 'window.name = ""'],
  ['page, document', 'document.body.dataset.t = T', 'delete document.body.dataset.t'],
  ['page, window.app', 'window.app = { map: new Map([["a", [T]]]) }', 'delete window.app'],
  [
    'page, window.app',
    'Object.defineProperty(window, "app", { value: { error: new Error(T) }, configurable: true })',
    'delete window.app'
  ],
  ['URL', 'fetch("/me?access_token=" + T)']
]

it.each(leaks)('reports a token in the place "%s" after %s', async (place, leak, mend = '0') => {
  const { page } = await openPage()
  const token = await mint()
  expect(await findings()).toBe('')
  const thrown = place === 'page, error' ? page.waitForEvent('pageerror') : undefined
  await page.evaluate(leak.replaceAll(/\bT\b/g, JSON.stringify(token)))
  await thrown
  expect(await findings()).toContain(`A token leaked: ${place}`)
  await page.evaluate(mend)
  expect(await findings()).toBe('')
})

it.each(['page', 'context'] as const)(
  'finds a stored token although the test closes the %s',
  async (name) => {
    const opened = await openPage()
    await opened.page.evaluate((token) => localStorage.setItem('t', token), await mint())
    await opened[name].close()
    expect(await findings()).toContain('page, localStorage')
  }
)

it('finds a stored token after a reload of the page', async () => {
  const { page } = await openPage()
  await page.evaluate((token) => sessionStorage.setItem('t', token), await mint())
  await page.reload()
  expect(await findings()).toContain('page, sessionStorage')
  await page.evaluate(() => sessionStorage.clear())
})

it('reports no token in a page with an HttpOnly cookie', async () => {
  const { context, page } = await openPage()
  const status = await page.evaluate(async () => {
    const answer = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"email":"ada@example.com","password":"lovelace"}'
    })
    return answer.status
  })
  expect(status).toBe(200)
  expect(await context.cookies()).toHaveLength(1)
  expect(await findings()).toBe('')
})
