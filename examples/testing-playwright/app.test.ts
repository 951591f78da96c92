// Recipe for Playwright: the built app in a real browser, the mock on a port, controlled by
// requests. `node --test`
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { type Mock, startMock } from './mock.ts'

const root = import.meta.dirname
let outDir: string
let mock: Mock
let site: PreviewServer
let browser: Browser
let page: Page

before(async () => {
  // In your project: `npx everbearer mock --control`.
  mock = await startMock('node', [join(root, '../../dist/cli/index.js')])
  outDir = await mkdtemp(join(tmpdir(), 'app-'))
  process.env.VITE_API_URL = mock.url
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  site = await preview({ root, preview: { port: 0 }, build: { outDir } })
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu']
  })
})
after(async () => {
  await browser?.close()
  await site?.close()
  mock?.close()
  await rm(outDir, { recursive: true })
})
afterEach(async () => {
  await page.context().close()
  await mock.assertNoViolations()
  await mock.control('reset')
})

async function openApp(): Promise<void> {
  page = await (await browser.newContext()).newPage()
  await page.goto(site.resolvedUrls?.local[0] ?? '')
}
async function signIn(): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Hello ada@example.com').waitFor()
}
const ask = () => page.getByRole('button', { name: 'Ask again' }).click()

test('stays signed in after a page load', async () => {
  await openApp()
  await signIn()
  await page.reload()
  await page.getByText('Hello ada@example.com').waitFor()
  assert.equal((await mock.calls('login')).length, 1)
})

test('adopts the token that is re-issued after a key rotation', async () => {
  await openApp()
  await signIn()
  await mock.control('rotate-key')
  await ask()
  await page.getByText('Hello ada@example.com').waitFor()
  await mock.control('idle')
  await ask()
  await mock.control('idle')
  const kids = new Set((await mock.calls('me')).map((call) => call.kid))
  assert.equal(kids.size, 2)
})

test('keeps the session if the connection is lost during a refresh', async () => {
  await openApp()
  await signIn()
  await mock.control('revoke-access-tokens')
  await mock.control('fail-next', { endpoint: 'refresh', fault: 'network', after: 'commit' })
  await ask()
  await page.getByText('ERR_AUTH_NETWORK').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
})

test('shows the sign-in form when the session has ended', async () => {
  await openApp()
  await signIn()
  await mock.control('end-sessions')
  await ask()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})

test('keeps the session if the page is reloaded during a refresh', async () => {
  await openApp()
  await signIn()
  await mock.control('revoke-access-tokens')
  const { gate } = (await mock.control('hold', { endpoint: 'refresh', after: 'commit' })) as {
    gate: string
  }
  await ask()
  await mock.control('arrived', { gate })
  const reloaded = page.reload()
  await mock.control('release', { gate })
  await reloaded
  await page.getByText('Hello ada@example.com').waitFor()
})
