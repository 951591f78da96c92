// Token hunt in browsers: searches what pages print, throw, store, render, request and keep in
// globals.
//
// It finds only tokens of a mock in the test process, not of a mock in a page or a child process.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { canaryHunter } from './canary.ts'

const { readText, readValue } = canaryHunter

/** Text that scripts can read, by the name of its place. */
export type Places = Readonly<Record<string, string>>

export interface HuntedPage {
  /** Evaluates `readPlaces` in the page. Resolves to `undefined` if the page is closed. */
  read(): Promise<Places | undefined>
}

const pages = new Set<HuntedPage>()
/** Values that are being read from a page. They belong to the current test. */
const readings = new Set<Promise<void>>()
/** A page that does not reply for this long hangs, even on a busy machine. */
const readTimeoutMs = 60_000

export function huntIn(page: HuntedPage): () => void {
  pages.add(page)
  return () => void pages.delete(page)
}

/** Reads every open page. */
export async function readPages(): Promise<void> {
  await Promise.all([...pages].map(look))
  await Promise.all(readings)
}

async function look(page: HuntedPage): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    const error = new Error('The token hunt could not read a page.')
    timer = setTimeout(() => reject(error), readTimeoutMs)
  })
  try {
    const places = await Promise.race([page.read(), timeout])
    for (const [place, text] of Object.entries(places ?? {})) readText(`page, ${place}`, text)
  } finally {
    clearTimeout(timer)
  }
}

/** Watches every page that this browser opens. */
export function huntInBrowser(browser: Browser): void {
  browser.on('context', watchContext)
  readBeforeClose(browser)
}

function watchContext(context: BrowserContext): void {
  context.on('request', (request) => readText('URL', request.url()))
  context.on('weberror', (thrown) => readValue('page, error', thrown.error()))
  context.on('console', (message) => {
    readText('console', message.text())
    readText('console, place', message.location().url)
    for (const argument of message.args()) {
      // The text abbreviates long values, so read the value as well. That fails if the page has
      // navigated.
      const reading = argument.jsonValue().then(
        (value) => readValue('console', value),
        () => {}
      )
      readings.add(reading)
      reading.finally(() => readings.delete(reading))
    }
  })
  context.on('page', watchPage)
  readBeforeClose(context)
}

function watchPage(page: Page): void {
  const stop = huntIn({ read: () => readInPage(page) })
  page.on('close', stop)
  page.on('crash', stop)
  readBeforeClose(page)
}

/** Reads again if a navigation has replaced the document in between. */
async function readInPage(page: Page): Promise<Places | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    if (page.isClosed()) return undefined
    try {
      return await page.evaluate(readPlaces)
    } catch (error) {
      if (page.isClosed()) return undefined
      if (attempt === 5) throw error
    }
  }
}

function readBeforeClose(owner: Browser | BrowserContext | Page): void {
  const close = owner.close.bind(owner)
  owner.close = async (...options: Parameters<typeof close>) => {
    await readPages()
    await close(...options)
  }
}

/** Runs in the page, so it may use only globals of the page. */
export function readPlaces(): Places {
  const places: Record<string, string> = {
    location: location.href,
    'window.name': window.name,
    document: document.documentElement.outerHTML
  }
  const readable: Readonly<Record<string, () => string>> = {
    localStorage: () => JSON.stringify({ ...localStorage }),
    sessionStorage: () => JSON.stringify({ ...sessionStorage }),
    'document.cookie': () => document.cookie,
    'history.state': () => JSON.stringify(history.state) ?? ''
  }
  for (const [place, read] of Object.entries(readable)) {
    try {
      places[place] = read()
    } catch {
      // An empty page has no storage and throws.
    }
  }

  const seen = new Set<unknown>([window])
  const stringsIn = (root: unknown): string[] => {
    const strings: string[] = []
    const open = [root]
    while (open.length > 0) {
      const value = open.pop()
      if (typeof value === 'string') strings.push(value)
      const isGraph = (typeof value === 'object' && value !== null) || typeof value === 'function'
      if (!isGraph || seen.has(value) || value instanceof Node) continue
      seen.add(value)
      if (value instanceof Error) open.push(value.message, value.cause)
      if (value instanceof Map) open.push(...value.keys(), ...value.values())
      if (value instanceof Set) open.push(...value)
      for (const name of Object.keys(value)) {
        // Skips getters, because they may have side effects.
        const property = Object.getOwnPropertyDescriptor(value, name)
        if (property !== undefined && 'value' in property) open.push(name, property.value)
      }
    }
    return strings
  }
  for (const name of Reflect.ownKeys(window)) {
    const strings = stringsIn(Object.getOwnPropertyDescriptor(window, name)?.value)
    if (strings.length > 0) places[`window.${String(name)}`] = strings.join('\n')
  }
  return places
}
