// Packed package in an app: installed into an empty Vite app, type-checked, built and run.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchChromium } from '../support/browsers/chromium.ts'
import { serveDirectory } from '../support/browsers/static-site.ts'
import { readPacked } from './read-packed.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const readme = await readFile(join(root, 'README.md'), 'utf8')

describe('the packed package in an empty Vite app', () => {
  let app: string

  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), 'everbearer-app-'))
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', app],
      { cwd: root }
    )
    const packed = readPacked(stdout)
    const { devDependencies } = manifest
    await write('package.json', {
      private: true,
      type: 'module',
      dependencies: { everbearer: `file:${packed.filename}`, axios: devDependencies.axios },
      devDependencies: { typescript: devDependencies.typescript, vite: devDependencies.vite }
    })
    await write('tsconfig.json', {
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        module: 'ESNext',
        moduleResolution: 'bundler',
        strict: true,
        noEmit: true,
        types: []
      },
      include: ['src']
    })
    await write(
      'index.html',
      `<!doctype html><title>app</title><link rel="icon" href="data:,">
       <form><input name="email"><input name="password" type="password"><button>Sign in</button></form><output></output>
       <script type="module" src="/src/main.ts"></script>`
    )
    await install([])
  })

  afterAll(() => rm(app, { recursive: true, force: true }))

  async function write(path: string, content: unknown): Promise<void> {
    await mkdir(join(app, path, '..'), { recursive: true })
    await writeFile(
      join(app, path),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2)
    )
  }

  async function install(packages: readonly string[]): Promise<void> {
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
    await run('npm', ['install', ...flags, ...packages], { cwd: app })
  }

  it.skipIf(findChromium() === undefined && process.env.CI !== 'true')(
    'type-checks, builds and runs the example from the README',
    async () => {
      const server = spawn(join(app, 'node_modules/.bin/everbearer'), ['mock', '--port', '0'], {
        cwd: app
      })
      const browser = await launchChromium()
      try {
        const apiUrl = await firstUrl(server.stdout)
        const example = /## Use\n\n```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
        expect(example.trim().split('\n').length).toBeLessThanOrEqual(12)
        await write('src/main.ts', example.replace('https://api.example.com', apiUrl))
        await run(join(app, 'node_modules/.bin/tsc'), [], { cwd: app })
        await run(join(app, 'node_modules/.bin/vite'), ['build'], { cwd: app })
        const site = await serveDirectory(join(app, 'dist'))
        const page = await browser.newPage()
        await page.goto(site.url)
        await page.fill('[name=email]', 'ada@example.com')
        await page.fill('[name=password]', 'lovelace')
        await page.click('button')
        await page.waitForFunction(() => document.querySelector('output')?.textContent !== '')
        expect(await page.textContent('output')).toBe('Hello ada@example.com')
        await page.reload()
        await page.waitForFunction(() => document.querySelector('output')?.textContent !== '')
        const stored = await page.evaluate(() => Object.values(localStorage).join(' '))
        // Storage has counters and IDs, but no value with the shape of a token.
        expect(stored).not.toMatch(/\w\.\w+\.\w/)
        await site.close()
      } finally {
        await browser.close()
        server.kill()
        await once(server, 'exit')
      }
    }
  )

  it.each([
    ['the newest TypeScript', [`msw@${manifest.devDependencies.msw}`, typesOf('node')]],
    // Newer types of Node need a newer TypeScript.
    ['TypeScript 5.1', ['typescript@5.1.6', 'msw@2.15.0', '@types/node@20']]
  ])('type-checks all entries in strict mode with %s', async (_, packages) => {
    const react = [`react@${manifest.devDependencies.react}`, typesOf('react')]
    await install([...packages, ...react])
    await write('src/main.ts', allEntries)
    for (const resolution of [[], ['--module', 'node16', '--moduleResolution', 'node16']]) {
      const checks = ['--types', 'node', '--skipLibCheck', 'false', ...resolution]
      await run(join(app, 'node_modules/typescript/bin/tsc'), checks, { cwd: app })
    }
  })
})

function typesOf(name: string): string {
  return `@types/${name}@${manifest.devDependencies[`@types/${name}`]}`
}

const allEntries = `
import { createAuthClient, isAuthError, type AuthState } from 'everbearer'
import { djangoSimpleJwt } from 'everbearer/contracts'
import { AuthProvider, useAuth } from 'everbearer/react'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
const auth = createAuthClient<{ email: string; password: string }>({
  baseURL: '/api',
  contract: { ...djangoSimpleJwt, logout: false }
})
const state: AuthState = auth.getState()
if (state.status === 'unauthenticated') console.log(state.reason)
// @ts-expect-error only the unauthenticated state has a reason
console.log(state.status === 'authenticated' && state.reason)
// @ts-expect-error the credentials lack the password
auth.login({ email: 'a' }).catch((error: unknown) => isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED'))
console.log(AuthProvider, useAuth, createHandlers(createMockAuthServer()), listen)
`

async function firstUrl(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stream)) {
    const url = /http:\/\/\S+/.exec(line)?.[0]
    if (url !== undefined) return url.replace(/\/$/, '')
  }
  throw new Error('The mock auth server exited before it printed its address.')
}
