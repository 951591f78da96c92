// Wrong options in a production build: still rejected, by name, but without the longer texts.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type * as everbearer from 'everbearer'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = join(root, '.cache', `production-${process.pid}`)

let bundle = ''
let createAuthClient: typeof everbearer.createAuthClient

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['axios'],
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'silent'
  })
  bundle = outputFiles[0]?.text ?? ''
  const file = join(folder, 'index.mjs')
  await mkdir(folder, { recursive: true })
  await writeFile(file, bundle)
  const built: typeof everbearer = await import(/* @vite-ignore */ pathToFileURL(file).href)
  createAuthClient = built.createAuthClient
})

afterAll(() => rm(folder, { recursive: true, force: true }))

it.each<[unknown, string]>([
  [null, 'createAuthClient(): options'],
  [[], 'createAuthClient(): options'],
  [{ baseUrl: '/api' }, 'Option baseUrl'],
  [{ baseURL: 'localhost:4000' }, 'Option baseURL'],
  [{ baseURL: 'http://api.example.com' }, 'Option baseURL'],
  [{ trustedOrigins: ['*.example.com'] }, 'Option trustedOrigins[0]'],
  [{ refreshTimeoutMs: 0 }, 'Option refreshTimeoutMs'],
  [{ refreshTimeoutMs: 5_000, refreshAbandonMs: 1_000 }, 'Option refreshAbandonMs'],
  [{ restore: 'sometimes' }, 'Option restore'],
  [{ spreadRefreshes: 'yes' }, 'Option spreadRefreshes'],
  [{ refreshTokenStore: { get() {} } }, 'Option refreshTokenStore.set'],
  [{ idlePolicy: { whileHidden: 'sleep' } }, 'Option idlePolicy.whileHidden'],
  [{ platform: { fetch: 42 } }, 'Option platform.fetch'],
  [{ platform: { fech: fetch } }, 'Option platform.fech'],
  [{ contract: { refersh: '/r' } }, 'Option contract.refersh'],
  [{ contract: { login: 5 } }, 'Option contract.login'],
  [{ contract: { refresh: '/a b' } }, 'Option contract.refresh.path'],
  [{ contract: { login: { body: 'none' } } }, 'Option contract.login.body'],
  [{ contract: { refresh: { headers: { 'X-Key': '1\r\n' } } } }, 'contract.refresh.headers.X-Key'],
  [{ contract: { refresh: { headers: { 'X Key': '1' } } } }, 'Option contract.refresh.headers'],
  [{ contract: { refresh: { csrf: { cookie: 'c' } } } }, 'Option contract.refresh.csrf.header'],
  [
    { contract: { refresh: { method: 'GET', credential: 'refresh-token' } } },
    'Option contract.refresh.refreshToken'
  ],
  [{ contract: { tokens: { accessToken: [] } } }, 'Option contract.tokens.accessToken'],
  [{ contract: { attach: { scheme: 'Bearer ' } } }, 'Option contract.attach.scheme'],
  [{ contract: { refusals: { session: [401, 4010] } } }, 'contract.refusals.session[1].status'],
  [{ contract: { refusals: { accessToken: {} } } }, 'Option contract.refusals.accessToken'],
  [{ contract: { user: { id: 5 } } }, 'Option contract.user.id']
])('a production build rejects the options %j and names the wrong one', (options, name) => {
  expect(() => createAuthClient(options as everbearer.AuthClientOptions)).toThrow(
    expect.objectContaining({
      name: 'AuthError',
      code: 'ERR_AUTH_INVALID_OPTIONS',
      message: expect.stringContaining(`${name}: not valid.`)
    })
  )
})

it('a production build rejects wrong arguments and credentials', async () => {
  const auth = createAuthClient({ baseURL: 'https://api.example.com', restore: 'never' })
  const code = 'ERR_AUTH_INVALID_OPTIONS'
  expect(() => auth.on('refresh' as 'refreshed', () => {})).toThrow(
    expect.objectContaining({ code, message: 'on(): event name: not valid.' })
  )
  await expect(auth.login(new Event('submit'))).rejects.toMatchObject({
    code,
    message: 'login(): credentials: not valid.'
  })
  await expect(
    auth.fetch('/me', { everbearer: { onRefusal: 'retry' as 'replay' } })
  ).rejects.toMatchObject({ code, message: 'Option everbearer.onRefusal: not valid.' })
  auth.dispose()
})

it('a production build accepts the default options and a whole contract', () => {
  const options: everbearer.AuthClientOptions = {
    baseURL: 'https://api.example.com',
    restore: 'never',
    contract: { refresh: { credential: 'refresh-token', refreshToken: { header: 'X-Refresh' } } }
  }
  for (const given of [{}, options]) createAuthClient(given).dispose()
})

it('a production build does not contain the expectations of options', () => {
  expect(bundle).toContain('not valid.')
  expect(bundle).not.toMatch(/did you mean|expected one of|a header name|RFC \d/)
})
