// Contract, fetch and XMLHttpRequest in Chromium: behind the service workers of msw 2 and 3, and
// against a real port.
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen, protect } from 'everbearer/mock/node'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { launchChromium } from '../support/browsers/chromium.ts'
import { serveDirectory } from '../support/browsers/static-site.ts'
import { dialects } from './dialects.ts'
import type { Dialect } from './setup/contract-setup.ts'
import { createPair, todoHeaders } from './setup/in-process-servers.ts'
import { inEachDialect, testRemoteAdapter } from './setup/run-contract.ts'

const root = join(import.meta.dirname, '../..')
const closers: (() => unknown)[] = []
const pages = new Map<string, Page>()
let browser: Browser

async function servePages(msw: 'msw' | 'msw-2'): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'everbearer-contract-'))
  const source = join(import.meta.dirname, 'page')
  const dist = (path: string) => join(root, 'dist', path)
  await build({
    root: source,
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^everbearer\/mock$/, replacement: dist('mock/index.js') },
        { find: /^everbearer\/mock\/msw$/, replacement: dist('mock/msw.js') },
        { find: /^msw(?=$|\/)/, replacement: msw }
      ]
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      rolldownOptions: { input: [join(source, 'worker.html'), join(source, 'port.html')] }
    }
  })
  const worker = join(root, 'node_modules', msw, 'lib/mockServiceWorker.js')
  await copyFile(worker, join(outDir, 'mockServiceWorker.js'))
  const site = await serveDirectory(outDir)
  closers.push(site.close, () => rm(outDir, { recursive: true }))
  return site.url
}

async function openPage(id: string, url: string): Promise<void> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'runCase' in window)
  pages.set(id, page)
}

async function openPort(dialect: Dialect): Promise<Record<string, string>> {
  const { server, strict } = createPair(dialect)
  const todos = protect(server, (_request, response, { claims: { sub } }) => {
    for (const [name, value] of Object.entries(todoHeaders)) response.setHeader(name, value)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify([sub]))
  })
  const next: RequestListener = (request, response) => {
    if (request.url === dialect.todos) return todos(request, response)
    response.writeHead(404).end()
  }
  const home = await listen(server, { control: true, next })
  const strictHome = await listen(strict)
  const collector = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*')
    response.setHeader('Access-Control-Allow-Credentials', 'true')
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, X-Auth-Token')
    response.end()
  })
  await new Promise<void>((resolve) => collector.listen(0, 'localhost', resolve))
  closers.push(home.close, strictHome.close, () => {
    collector.close()
    collector.closeAllConnections()
  })
  const { port } = collector.address() as AddressInfo
  const foreign = `http://localhost:${port}`
  return { dialect: dialect.name, home: home.url, strict: strictHome.url, foreign }
}

beforeAll(async () => {
  browser = await launchChromium()
  const [three, two] = [await servePages('msw'), await servePages('msw-2')]
  for (const dialect of dialects) {
    const { name } = dialect
    const port = await openPort(dialect)
    await openPage(`msw-3 ${name}`, `${three}worker.html?dialect=${name}`)
    await openPage(`msw-2 ${name}`, `${two}worker.html?dialect=${name}`)
    await openPage(`port ${name}`, `${three}port.html?${new URLSearchParams(port)}`)
  }
})

afterAll(async () => {
  await browser?.close()
  for (const close of closers) await close()
})

const runIn = (id: string, client: string) => (name: string) => {
  const page = pages.get(id)
  if (page === undefined) throw new Error(`page ${id} is not open`)
  return page.evaluate(([title, transport]) => window.runCase(title, transport), [
    name,
    client
  ] as const)
}

const ids = [
  ['msw-3-chromium-fetch', 'msw-3', 'fetch'],
  ['msw-3-chromium-xhr', 'msw-3', 'xhr'],
  ['msw-2-chromium-fetch', 'msw-2', 'fetch'],
  ['msw-2-chromium-xhr', 'msw-2', 'xhr'],
  ['port-chromium-fetch', 'port', 'fetch'],
  ['port-chromium-xhr', 'port', 'xhr']
] as const

inEachDialect(
  ids.map(([id]) => id),
  (dialect) => {
    for (const [id, page, client] of ids) {
      testRemoteAdapter(id, dialect, runIn(`${page} ${dialect.name}`, client))
    }
  }
)
