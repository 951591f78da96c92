// What stands for as long as a file's tests run: a page on one origin, its API on another, and a browser where one is needed.
import { join } from 'node:path'
import type { MockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { serveBuiltPage } from './built-page.ts'
import { launchChromium } from './chromium.ts'

/** @returns the address of the page, which knows that of the API as `API_URL` */
export function serveAppAndApi(server: MockAuthServer, folder: 'page' | 'tabs-page'): () => string {
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

  return () => whileRunning(site).url
}

/** To be called after what it visits is set up: it is closed before that. */
export function openChromium(): () => Browser {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  return () => whileRunning(browser)
}

function whileRunning<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('only while tests run')
  return part
}
