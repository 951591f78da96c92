// Tests of the stories in a real browser, with the built page and the server inside. `node --test`
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { stories } from './stories.ts'

const root = import.meta.dirname
let outDir: string
let site: PreviewServer
let browser: Browser

before(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'stories-'))
  // es2022, because the page uses top-level await.
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true, target: 'es2022' } })
  site = await preview({ root, preview: { port: 0 }, build: { outDir } })
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu']
  })
})
after(async () => {
  await browser?.close()
  await site?.close()
  await rm(outDir, { recursive: true })
})

type Look = (page: Page) => Promise<void>

const form: Look = (page) => page.getByRole('button', { name: 'Sign in' }).waitFor()
const greeting: Look = (page) => page.getByText('Hello ada@example.com').waitFor()
const alert =
  (text: string): Look =>
  (page) =>
    page.getByRole('alert').getByText(text).waitFor()

const looks: Readonly<Record<string, Look>> = {
  'Signed out': form,
  'Signed in': greeting,
  Starting: async (page) => {
    await page.waitForFunction(
      () => Reflect.get(window, 'mock')?.calls.refresh[0]?.outcome === 'pending'
    )
    assert.equal(await page.locator('form, main').filter({ visible: true }).count(), 0)
  },
  'Sign-in is slow': async (page) => {
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForFunction(
      () => Reflect.get(window, 'mock').calls.login[0]?.outcome === 'pending'
    )
    await form(page)
  },
  'Key rotated': async (page) => {
    await greeting(page)
    assert.equal(await page.evaluate(() => Reflect.get(window, 'mock').calls.api[0].reissued), true)
  },
  'Token revoked, server down': alert('ERR_AUTH_SERVER_ERROR'),
  'Session ended': form
}

for (const name of Object.keys(stories)) {
  test(name, async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${site.resolvedUrls?.local[0]}?${new URLSearchParams({ story: name })}`)
    await looks[name]?.(page)
    assert.notEqual(looks[name], undefined, 'every story has a check')
    await page.evaluate(() => Reflect.get(window, 'mock').assertNoViolations())
    await context.close()
  })
}
