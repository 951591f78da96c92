// Mock inside a page: after a reload, msw still has the cookie, but the server is a new one.
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/browsers/chromium.ts'
import { type Site, serveDirectory } from '../support/browsers/static-site.ts'

const root = join(import.meta.dirname, '../..')
const dist = (path: string) => join(root, 'dist', path)
let outDir: string
let site: Site
let browser: Browser

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'everbearer-reload-'))
  await build({
    root: join(import.meta.dirname, 'mock-page'),
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^everbearer$/, replacement: dist('index.js') },
        { find: /^everbearer\/mock$/, replacement: dist('mock/index.js') },
        { find: /^everbearer\/mock\/msw$/, replacement: dist('mock/msw.js') }
      ]
    },
    build: { outDir, emptyOutDir: true, target: 'es2022' }
  })
  const worker = join(root, 'node_modules/msw/lib/mockServiceWorker.js')
  await copyFile(worker, join(outDir, 'mockServiceWorker.js'))
  site = await serveDirectory(outDir)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
  await rm(outDir, { recursive: true })
})

/** Loads the page and returns the state of its session. */
async function load(page: Page, query: string) {
  await page.goto(site.url + query)
  await page.waitForFunction(() => 'demo' in window)
  return page.evaluate(async () => {
    const { server, auth } = window.demo
    const { status } = await auth.ready()
    return {
      status,
      outcomes: server.calls.refresh.map(({ outcome }) => outcome),
      violations: server.violations.map(({ rule }) => rule),
      stored: Object.entries(sessionStorage).flat().join()
    }
  })
}
const signIn = (page: Page) =>
  page.evaluate(async () => {
    await window.demo.auth.login({ email: 'ada@example.com', password: 'lovelace' })
    return window.demo.auth.getAccessToken()
  })

it('signs the user out after a reload, without a violation', async () => {
  const page = await (await browser.newContext()).newPage()
  await load(page, '')
  await signIn(page)
  expect(await load(page, '')).toEqual({
    status: 'unauthenticated',
    outcomes: ['unknown_session'],
    violations: [],
    stored: expect.not.stringContaining('rt_')
  })
})

it('keeps the user signed in after a reload if the server persists its sessions', async () => {
  const page = await (await browser.newContext()).newPage()
  await load(page, '?persist')
  const token = await signIn(page)
  for (let visits = 0; visits < 3; visits += 1) {
    const { stored, ...found } = await load(page, '?persist')
    expect(found).toEqual({ status: 'authenticated', outcomes: ['rotated'], violations: [] })
    expect(stored).toContain('everbearer-mock')
    expect(stored).not.toMatch(/rt_|eyJ/)
    expect(stored).not.toContain(token)
  }
  await page.evaluate(() => window.demo.auth.logout())
  expect(await load(page, '?persist')).toMatchObject({ status: 'unauthenticated' })
})
