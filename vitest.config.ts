// The suites: `node` and `dom` run on the source (as `oldest` and `oldest-dom`, with the oldest axios), `package` and
// `browser` on the built package.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'
import { findChromium, howToGetChromium } from './test/support/browsers/chromium.ts'
import { findFirefox, howToGetFirefox } from './test/support/browsers/firefox.ts'

// The mutation campaign points this at a copy of the source with a fault in it.
const sourceRoot = process.env.EVERBEARER_SOURCE ?? fileURLToPath(new URL('./src', import.meta.url))
const source = (path: string) => join(sourceRoot, path)
const alias = [
  { find: /^everbearer$/, replacement: source('index.ts') },
  { find: /^everbearer\/react$/, replacement: source('react/index.tsx') },
  { find: /^everbearer\/mock$/, replacement: source('mock/index.ts') },
  { find: /^everbearer\/mock\/msw$/, replacement: source('mock/msw.ts') },
  { find: /^everbearer\/mock\/node$/, replacement: source('mock/node.ts') }
]

/** The oldest version that the peer range allows. */
const oldestAxios = { find: /^axios$/, replacement: 'axios-oldest' }

const hasChromium = findChromium() !== undefined
if (!hasChromium && process.env.CI !== 'true') {
  process.stderr.write(`\n  The suites that need a browser are left out. ${howToGetChromium}\n`)
}

const hasFirefox = findFirefox() !== undefined || process.env.CI === 'true'
if (!hasFirefox) {
  process.stderr.write(`\n  The tabs of Firefox are left out. ${howToGetFirefox}\n`)
}

const config: ViteUserConfig = {
  test: {
    reporters: ['default'],
    // Every core: Vitest leaves one to itself, and of two that is half.
    maxWorkers: '100%',
    // The XMLHttpRequest of msw 2.15 leaves the failure of a cut body to nobody; the contract names that gap.
    onUnhandledError: ({ message }) => message !== 'the connection was lost',
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'node',
          environment: 'node',
          // A storm of a thousand requests takes seconds on a machine that is busy otherwise.
          testTimeout: 60_000,
          include: ['test/**/*.test.ts'],
          setupFiles: ['test/support/quiet-network-log.ts', 'test/support/hunt/canary-hunt.ts'],
          exclude: [
            'test/**/*.dom.test.ts',
            'test/**/*.long.test.ts',
            'test/browser/**',
            'test/package/**',
            'test/contract/**'
          ]
        }
      },
      {
        resolve: { alias },
        test: {
          name: 'contract',
          environment: 'node',
          testTimeout: 60_000,
          include: ['test/contract/*.test.ts'],
          exclude: ['test/contract/in-chromium.test.ts'],
          setupFiles: ['test/support/quiet-network-log.ts', 'test/support/hunt/canary-hunt.ts']
        }
      },
      {
        resolve: {
          alias: [...alias, { find: /^msw(?=$|\/)/, replacement: 'msw-2' }]
        },
        test: {
          name: 'msw-2',
          environment: 'node',
          testTimeout: 60_000,
          env: { MSW_MAJOR: '2' },
          include: [
            'test/contract/{in-node,in-happy-dom,in-jsdom,fetch-in-jsdom}.test.ts',
            'test/mock/adapters/{msw-adapter,whole-session-through-every-adapter}.test.ts'
          ],
          setupFiles: ['test/support/quiet-network-log.ts', 'test/support/hunt/canary-hunt.ts']
        }
      },
      {
        resolve: { alias: [...alias, oldestAxios] },
        test: {
          name: 'oldest',
          environment: 'node',
          testTimeout: 60_000,
          include: [
            'test/{sign-in,refresh,options,idle}/*.test.ts',
            'test/request/**/*.test.ts',
            'test/refresh/failures/what-ends-a-session.test.ts',
            'test/state/subscribers-and-timers.test.ts',
            'test/reissue/which-token-is-adopted.test.ts',
            'test/privacy/no-token-*.test.ts'
          ],
          exclude: ['test/**/*.{dom,race}.test.ts'],
          env: { AXIOS_UNDER_TEST: '1.18.0' },
          setupFiles: ['test/support/hunt/canary-hunt.ts']
        }
      },
      {
        resolve: { alias: [...alias, oldestAxios] },
        test: {
          name: 'oldest-dom',
          environment: 'happy-dom',
          testTimeout: 60_000,
          include: [
            'test/request/replay-in-a-page.table.dom.test.ts',
            'test/refresh/one-refresh-in-a-page.dom.test.ts'
          ],
          setupFiles: ['test/support/quiet-network-log.ts', 'test/support/hunt/canary-hunt.ts']
        }
      },
      {
        resolve: { alias },
        test: {
          name: 'dom',
          environment: 'happy-dom',
          testTimeout: 60_000,
          include: ['test/**/*.dom.test.{ts,tsx}'],
          setupFiles: ['test/support/quiet-network-log.ts', 'test/support/hunt/canary-hunt.ts']
        }
      },
      {
        test: {
          name: 'package',
          environment: 'node',
          include: ['test/package/**/*.test.ts'],
          setupFiles: ['test/support/hunt/canary-hunt.ts', 'test/support/hunt/page-hunt-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000
        }
      },
      ...(process.env.LONG === 'true'
        ? [
            {
              // Without the hunt for tokens, which keeps every error until its test is over: here they are too many.
              resolve: { alias },
              test: {
                name: 'long',
                environment: 'node' as const,
                include: ['test/**/*.long.test.ts'],
                hookTimeout: 120_000
              }
            }
          ]
        : []),
      ...(hasChromium || process.env.CI === 'true'
        ? [
            {
              test: {
                name: 'browser',
                environment: 'node' as const,
                include: ['test/browser/**/*.test.ts', 'test/contract/in-chromium.test.ts'],
                exclude: hasFirefox ? [] : ['test/browser/tabs-in-firefox.test.ts'],
                setupFiles: [
                  'test/support/hunt/canary-hunt.ts',
                  'test/support/hunt/page-hunt-setup.ts'
                ],
                testTimeout: 180_000,
                hookTimeout: 120_000,
                fileParallelism: false
              }
            }
          ]
        : [])
    ]
  }
}

export default config
