// Finds the Chromium that the browser suites drive; none is ever downloaded.
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

/** A fresh headless browser, in whose pages tokens are hunted. Without the flags, Chromium as root does not start, and looks for hosts on the internet. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(`No Chromium found. ${howToGetChromium}`)
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
  huntInBrowser(browser)
  return browser
}
