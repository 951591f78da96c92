// Playwright: the built app in a real browser, the mock auth server on a port, steered by requests. `node --test`
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
  // In a project of your own: `npx everbearer mock --control`.
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
  await mock.tell('reset')
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

test('signs in, and stays signed in over a reload', async () => {
  await openApp()
  await signIn()
  await page.reload()
  await page.getByText('Hello ada@example.com').waitFor()
  assert.equal((await mock.calls('login')).length, 1)
})

test('takes up the token of a rotated key', async () => {
  await openApp()
  await signIn()
  await mock.tell('rotate-key')
  await ask()
  await page.getByText('Hello ada@example.com').waitFor()
  await mock.tell('idle')
  await ask()
  await mock.tell('idle')
  const kids = new Set((await mock.calls('me')).map((call) => call.kid))
  assert.equal(kids.size, 2)
})

test('keeps the session when the connection is lost in the middle of a refresh', async () => {
  await openApp()
  await signIn()
  await mock.tell('revoke-access-tokens')
  await mock.tell('fail-next', { endpoint: 'refresh', fault: 'network', after: 'commit' })
  await ask()
  await page.getByText('ERR_AUTH_NETWORK').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
})

test('signs out when the session has ended', async () => {
  await openApp()
  await signIn()
  await mock.tell('end-sessions')
  await ask()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})

test('loses no session to a reload while the refresh is under way', async () => {
  await openApp()
  await signIn()
  await mock.tell('revoke-access-tokens')
  const { gate } = (await mock.tell('hold', { endpoint: 'refresh', after: 'commit' })) as {
    gate: string
  }
  await ask()
  await mock.tell('arrived', { gate })
  const reloaded = page.reload()
  await mock.tell('release', { gate })
  await reloaded
  await page.getByText('Hello ada@example.com').waitFor()
})
