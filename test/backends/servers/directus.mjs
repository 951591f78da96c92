// Directus: a full product with its own users, on SQLite in a temporary folder.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'directus-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.stdin.resume().on('end', () => process.exit())
for (const name of ['uploads', 'extensions']) mkdirSync(join(folder, name))

const port = await findFreePort()
Object.assign(process.env, {
  HOST: '127.0.0.1',
  PORT: String(port),
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  DB_CLIENT: 'sqlite3',
  DB_FILENAME: join(folder, 'data.db'),
  STORAGE_LOCAL_ROOT: join(folder, 'uploads'),
  EXTENSIONS_PATH: join(folder, 'extensions'),
  SECRET: 'a-secret-of-a-test-that-is-long-enough',
  ADMIN_EMAIL: 'ann@example.com',
  ADMIN_PASSWORD: 'correct-Horse-1',
  ACCESS_TOKEN_TTL: '6s',
  REFRESH_TOKEN_TTL: '7d',
  // Directus answers 503 on a busy machine, as machines for tests often are.
  PRESSURE_LIMITER_ENABLED: 'false',
  LOG_LEVEL: 'error',
  SERVE_APP: 'false',
  TELEMETRY: 'false'
})

// The command `directus bootstrap`, without its look-up of the newest version.
const cli = fileURLToPath(import.meta.resolve('@directus/api/cli/run.js'))
const { status } = spawnSync(process.execPath, [cli, 'bootstrap'], {
  stdio: ['ignore', 'ignore', 'inherit']
})
if (status !== 0) throw new Error(`directus bootstrap exited with ${status}.`)

const { startServer } = await import('@directus/api/server')
await startServer()
await waitUntilReady()
process.stdout.write(`${process.env.PUBLIC_URL}\n`)

async function findFreePort() {
  const server = createServer()
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}

// Directus has no event for this.
async function waitUntilReady() {
  for (let round = 0; round < 600; round += 1) {
    const isReady = await fetch(`${process.env.PUBLIC_URL}/server/ping`).then(
      ({ ok }) => ok,
      () => false
    )
    if (isReady) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Directus does not answer /server/ping')
}
