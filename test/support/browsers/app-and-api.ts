// Page, API and browser of a test file. The page and the API have different origins.
//
// All of them start before the first test and close after the last one.
import { join } from 'node:path'
import type { MockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { serveBuiltPage } from './built-page.ts'
import { launchChromium } from './chromium.ts'

export interface AppAndApi {
  /** The URL of the page. Its script reads the URL of the API from `API_URL`. */
  readonly url: () => string
  /** Without a trailing slash. */
  readonly apiUrl: () => string
}

export function serveAppAndApi(server: MockAuthServer, folder: 'page' | 'tabs-page'): AppAndApi {
  let api: Awaited<ReturnType<typeof listen>> | undefined
  let site: Awaited<ReturnType<typeof serveBuiltPage>> | undefined

  beforeAll(async () => {
    api = await listen(server)
    const define = { API_URL: JSON.stringify(api.url) }
    site = await serveBuiltPage(join(import.meta.dirname, '../../browser', folder), define)
  })
  afterAll(async () => {
    await site?.close()
    await api?.close()
  })

  return { url: () => requireRunning(site).url, apiUrl: () => requireRunning(api).url }
}

/** Call this after the servers are set up, so that the browser closes before they do. */
export function openChromium(): () => Browser {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  return () => requireRunning(browser)
}

function requireRunning<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('Available only while tests run.')
  return part
}
