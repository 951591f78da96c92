// The canary hunt in real browsers: what pages print, throw, store, show, keep in globals and send for, seen from outside.
//
// It knows the tokens of a mock in the process of the tests. One that runs in a page or in a child mints where nobody
// here can see it, and its tokens are not looked for.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { canaryHunter } from './canary.ts'

const { readText, readValue } = canaryHunter

/** By the name of the place, what scripts can read there. */
export type Places = Readonly<Record<string, string>>

export interface HuntedPage {
  /** Evaluates `readPlaces` in the page; `undefined` where the page is gone. */
  read(): Promise<Places | undefined>
}

const pages = new Set<HuntedPage>()
/** What is being fetched from a page, and belongs to the test that runs. */
const fetches = new Set<Promise<void>>()
/** A page that says nothing for so long is stuck, whatever the machine is doing. */
const patienceMs = 60_000

export function huntIn(page: HuntedPage): () => void {
  pages.add(page)
  return () => void pages.delete(page)
}

/** Looks at every page that is open. */
export async function readPages(): Promise<void> {
  await Promise.all([...pages].map(look))
  await Promise.all(fetches)
}

async function look(page: HuntedPage): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const impatience = new Promise<never>((_, reject) => {
    const error = new Error('The hunt for tokens could not read a page.')
    timer = setTimeout(() => reject(error), patienceMs)
  })
  try {
    const places = await Promise.race([page.read(), impatience])
    for (const [place, text] of Object.entries(places ?? {})) readText(`page, ${place}`, text)
  } finally {
    clearTimeout(timer)
  }
}

/** Hunts in all that this browser will open. */
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
      // The text shortens what is long. The page may have gone on meanwhile, and then the text is all there is.
      const reading = argument.jsonValue().then(
        (value) => readValue('console', value),
        () => {}
      )
      fetches.add(reading)
      reading.finally(() => fetches.delete(reading))
    }
  })
  context.on('page', watchPage)
  readBeforeClose(context)
}

function watchPage(page: Page): void {
  const forget = huntIn({ read: () => readInPage(page) })
  page.on('close', forget)
  page.on('crash', forget)
  readBeforeClose(page)
}

/** A navigation under way takes the place that is being read with it: the next one is read instead. */
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

/** Runs in the page, and needs nothing but what is in it. */
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
      // An empty page has no storage, and says so by throwing.
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
        // Never by way of a getter, which may do anything.
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
