// Test projects of the three tiers, which test/support/README.md describes.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config'
import { findChromium, howToGetChromium } from './test/support/browsers/chromium.ts'
import { findFirefox, howToGetFirefox } from './test/support/browsers/firefox.ts'
import { type Tier, tier } from './test/support/tier.ts'

type Project = TestProjectInlineConfiguration
type Replacement = { readonly find: RegExp; readonly replacement: string }

/** The source under test. The search with planted faults sets it to a copy with a fault. */
const source = process.env.EVERBEARER_SOURCE ?? fileURLToPath(new URL('./src', import.meta.url))
const entries: readonly Replacement[] = [
  { find: /^everbearer$/, replacement: join(source, 'index.ts') },
  { find: /^everbearer\/contracts$/, replacement: join(source, 'contracts.ts') },
  { find: /^everbearer\/react$/, replacement: join(source, 'react/index.tsx') },
  { find: /^everbearer\/mock$/, replacement: join(source, 'mock/index.ts') },
  { find: /^everbearer\/mock\/msw$/, replacement: join(source, 'mock/msw.ts') },
  { find: /^everbearer\/mock\/node$/, replacement: join(source, 'mock/node.ts') }
]
/** The oldest versions that the peer ranges allow. */
const oldestAxios: Replacement = { find: /^axios$/, replacement: 'axios-oldest' }
const oldestMsw: Replacement = { find: /^msw(?=$|\/)/, replacement: 'msw-2' }

const tokenHunt = 'test/support/hunt/canary-hunt.ts'
const tokenHuntInPages = 'test/support/hunt/page-hunt-setup.ts'
const pageConsole = 'test/support/page-console.ts'

/** A project that runs on `src`. */
function onSource(name: string, test: Project['test'], ...replaced: Replacement[]): Project {
  const setupFiles = [pageConsole, tokenHunt]
  return {
    resolve: { alias: [...entries, ...replaced] },
    test: { name, testTimeout: 60_000, hookTimeout: 60_000, setupFiles, ...test }
  }
}

/** A project that runs on `dist`, in browsers or child processes. */
function onBuild(name: string, test: Project['test']): Project {
  const setupFiles = [tokenHunt, tokenHuntInPages]
  return { test: { name, testTimeout: 240_000, hookTimeout: 240_000, setupFiles, ...test } }
}

/** Test files that need a browser that is not installed. */
export const missing: readonly string[] = missingBrowsers()
const ownProject = [
  // The benchmark installs its peers below `test`, and they contain tests.
  '**/node_modules/**',
  'test/{backends,browser,contract,package}/**',
  'test/**/*.{dom,long}.test.{ts,tsx}'
]
const smokeInBrowsers = ['test/browser/{main-job-in-chromium,session-in-firefox}.test.ts']
const racesInBrowsers = ['test/browser/races/*.test.ts']
const timedInBrowsers = [
  'test/browser/tabs-{in-chromium,that-crash-or-freeze}.test.ts',
  ...racesInBrowsers
]
const slowPackaging = ['test/package/{packed-package-in-an-app,recipes-in-node}.test.ts']

export const projects: Readonly<Record<Tier, readonly Project[]>> = {
  test: [
    // Units, and clients and servers over HTTP, in Node. Tables and random searches are sampled.
    onSource('node', { include: ['test/**/*.test.ts'], exclude: ownProject }),
    // The same in a page of happy-dom.
    onSource('dom', { include: ['test/**/*.dom.test.{ts,tsx}'], environment: 'happy-dom' }),
    // The contract of the mock, through every adapter that runs in Node.
    onSource('contract', {
      include: ['test/contract/*.test.ts'],
      exclude: ['test/contract/in-chromium.test.ts']
    }),
    // The tests that depend most on axios, with the oldest supported version.
    onSource(
      'oldest-axios',
      {
        include: [
          'test/sign-in/main-job.test.ts',
          'test/request/replay.table.test.ts',
          'test/request/axios/{axios-instances,instances-of-the-client}.test.ts',
          'test/refresh/one-refresh-over-http.test.ts'
        ],
        env: { AXIOS_UNDER_TEST: '1.18.0' }
      },
      oldestAxios
    ),
    // The contents, size and types of the package, and the tests in its documentation.
    onBuild('package', { include: ['test/package/*.test.ts'], exclude: slowPackaging }),
    // One scenario in each real browser.
    onBuild('browser', { include: smokeInBrowsers, exclude: [...missing] })
  ],
  matrix: [
    // Full tables, and random searches over their full distance.
    onSource('tables', {
      include: ['test/**/*.{table,race}.test.ts'],
      exclude: ['test/{backends,browser,contract,package}/**']
    }),
    onSource('tables-dom', {
      include: ['test/**/*.table.dom.test.ts'],
      environment: 'happy-dom'
    }),
    // All tests of sign-in, refresh and requests with the oldest axios, in Node and in a page.
    onSource(
      'oldest-axios',
      {
        include: ['test/{sign-in,refresh,request,reissue,options,idle,state,privacy}/**/*.test.ts'],
        exclude: ['test/**/*.{dom,race}.test.ts'],
        env: { AXIOS_UNDER_TEST: '1.18.0' }
      },
      oldestAxios
    ),
    onSource(
      'oldest-axios-dom',
      {
        include: [
          'test/request/replay-in-a-page.table.dom.test.ts',
          'test/refresh/one-refresh-in-a-page.dom.test.ts'
        ],
        environment: 'happy-dom'
      },
      oldestAxios
    ),
    // The contract of the mock, with the other contract through every adapter that runs in Node.
    onSource('contract', {
      include: ['test/contract/*.test.ts'],
      exclude: ['test/contract/in-chromium.test.ts']
    }),
    // The msw adapter with the oldest supported msw.
    onSource(
      'oldest-msw',
      {
        include: [
          'test/contract/{in-node,in-happy-dom,in-jsdom,fetch-in-jsdom}.test.ts',
          'test/mock/adapters/{msw-adapter,whole-session-through-every-adapter}.test.ts'
        ],
        env: { MSW_MAJOR: '2' }
      },
      oldestMsw
    ),
    // The packed package in an empty app, and the examples in their test runners.
    onBuild('package', { include: slowPackaging }),
    // Every other suite in a real browser.
    onBuild('browser', {
      include: ['test/browser/**/*.test.ts', 'test/contract/in-chromium.test.ts'],
      exclude: [...smokeInBrowsers, ...timedInBrowsers, ...missing]
    }),
    // These files count refreshes in real time, so they run last, one at a time.
    onBuild('browser-timed', {
      include: timedInBrowsers,
      exclude: [...missing],
      fileParallelism: false,
      sequence: { groupOrder: 1 }
    }),
    // The client and real auth servers, which test/backends/install.ts installs. Their tokens live a
    // few seconds, so they run alone.
    onSource('backends', {
      include: ['test/backends/*.test.ts'],
      globalSetup: 'test/backends/install.ts',
      maxConcurrency: 16,
      sequence: { groupOrder: 2 }
    })
  ],
  long: [
    // Search campaigns. The token hunt is off, because it keeps every error until a test ends.
    onSource('long', { include: ['test/**/*.long.test.ts'], setupFiles: [], hookTimeout: 120_000 }),
    // The races of the matrix, with the full number of rounds.
    onBuild('races', {
      include: racesInBrowsers,
      exclude: [...missing],
      fileParallelism: false,
      sequence: { groupOrder: 1 },
      testTimeout: 3_600_000
    })
  ]
}

/** Outside of CI, the tests of a missing browser are skipped with a notice. */
function missingBrowsers(): string[] {
  const isOptional = process.env.CI !== 'true'
  const files: string[] = []
  if (isOptional && findChromium() === undefined) {
    files.push('test/browser/**/!(*-in-firefox).test.ts', 'test/contract/in-chromium.test.ts')
    process.stderr.write(`\n  Skipped: tests in Chromium. ${howToGetChromium}\n`)
  }
  if (isOptional && findFirefox() === undefined) {
    files.push('test/browser/**/*-in-firefox.test.ts')
    process.stderr.write(`\n  Skipped: tests in Firefox. ${howToGetFirefox}\n`)
  }
  return files
}

const config: ViteUserConfig = {
  test: {
    reporters: ['default'],
    // By default Vitest leaves one core idle, which is half of a machine with two.
    maxWorkers: '100%',
    // msw 2.15 leaves a rejection unhandled when a body is cut. The contract lists it as a gap.
    onUnhandledError: ({ message }) => message !== 'the connection was lost',
    projects: [...projects[tier]]
  }
}

export default config
