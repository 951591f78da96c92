// Chromium: finds and starts the browser of the machine. It never downloads one.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { huntInBrowser } from '../hunt/page-hunt.ts'

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
]

export const howToGetChromium =
  'Install Chromium (Debian: `apt-get install -y chromium`) or set CHROMIUM_PATH to the browser to use.'

export function findChromium(): string | undefined {
  return [process.env.CHROMIUM_PATH, ...candidates].find(
    (path): path is string => path !== undefined && existsSync(path)
  )
}

/**
 * Without `--no-sandbox`, Chromium does not start as root. Without the other flags, it contacts
 * hosts on the internet.
 */
export const chromiumFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/**
 * Starts a headless browser. Its pages are searched for tokens. It has a back/forward cache, as
 * users have, which Playwright switches off. `goBack()` must therefore wait for `commit`: a page
 * from the cache does not load.
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(`No Chromium found. ${howToGetChromium}`)
  const browser = await chromium.launch({
    executablePath,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [...chromiumFlags]
  })
  huntInBrowser(browser)
  return browser
}
