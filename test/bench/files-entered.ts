// Files entered: counts the source files with functions that run during one call, by precise
// coverage.
//
// `npm run bench:files` prints one line per operation; `--list` adds the names of the files.
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAuthClient } from '../../src/index.ts'
import { createMockAuthServer } from '../../src/mock/index.ts'
import { listen } from '../../src/mock/node.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'

const root = join(import.meta.dirname, '../../src')
const credentials = { email: 'ada@example.com', password: 'lovelace' }
const isListed = process.argv.includes('--list')

const inspector = new Session()
inspector.connect()
await inspector.post('Profiler.enable')
await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

/** The source files of which at least one function was called. */
async function filesOf(side: 'client' | 'mock', call: () => Promise<unknown>): Promise<string[]> {
  await inspector.post('Profiler.takePreciseCoverage')
  await call()
  const { result } = await inspector.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url, functions }) => {
      if (!url.startsWith('file:') || !fileURLToPath(url).startsWith(root)) return false
      if (fileURLToPath(url).startsWith(join(root, 'mock')) !== (side === 'mock')) return false
      // The unnamed outermost function is the module itself: it ran at import.
      return functions.some(({ ranges }) => ranges.some(({ count }) => count > 0))
    })
    .map(({ url }) => fileURLToPath(url).slice(root.length + 1))
    .sort()
}

async function measure(
  name: string,
  side: 'client' | 'mock',
  call: () => Promise<unknown>
): Promise<void> {
  const files = await filesOf(side, call)
  console.log(`${name.padEnd(48)} ${String(files.length).padStart(3)}`)
  if (isListed) for (const file of files) console.log(`    ${file}`)
}

const server = createMockAuthServer({ accessTokenSeconds: 3_600 })
const port = await listen(server)
const auth = createAuthClient({ baseURL: port.url, platform: { fetch: createCookieFetch() } })
await auth.login(credentials)
await auth.axios.get('/me')

console.log(`source files entered, Node ${process.versions.node}`)
await measure('auth.axios.get, token fresh', 'client', () => auth.axios.get('/me'))
server.revokeAccessTokens()
await measure('auth.axios.get, 401, refresh, replay', 'client', () => auth.axios.get('/me'))
await measure('auth.refresh', 'client', () => auth.refresh())
await measure('auth.login', 'client', () => auth.login(credentials))

function request(path: string, body: object): Request {
  const headers = { 'Content-Type': 'application/json' }
  return new Request(`http://localhost${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body)
  })
}
await server.fetch(request('/login', credentials))
await measure('login inside the mock (server.fetch)', 'mock', () =>
  server.fetch(request('/login', credentials))
)
await measure('refresh inside the mock (server.fetch)', 'mock', () =>
  server.fetch(request('/refresh', {}))
)

auth.dispose()
await port.close()
inspector.disconnect()
