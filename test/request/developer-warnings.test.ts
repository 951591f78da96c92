// Developer warnings: a header that CORS hides, a request that CORS blocks, http instead of https.
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { type AxiosAdapter, AxiosHeaders } from 'axios'
import { build as buildWithEsbuild } from 'esbuild'
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { build as buildWithVite } from 'vite'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'
import { pageOrigin } from '../support/setups/virtual-browser.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('a re-issued token that CORS hides', () => {
  /** Hides the header, as a browser does if the server does not expose it. */
  function hideHeader({ auth, browser }: ClientSetup): void {
    const adapter: AxiosAdapter = async (config) => {
      const response = await browser.adapter(config)
      AxiosHeaders.from(response.headers as AxiosHeaders).delete('Authorization')
      return response
    }
    auth.axios.defaults.adapter = adapter
  }

  async function setUp(options: AuthClientOptions = {}): Promise<ClientSetup> {
    const setup = setUpClient(options, { allowedOrigins: [pageOrigin] })
    await setup.auth.login(ada)
    await setup.idle()
    setup.server.rotateKey()
    return setup
  }

  it('causes a warning when the key changed and no response showed the token', async () => {
    const setup = await setUp()
    hideHeader(setup)
    const token = await setup.auth.getAccessToken()
    setup.clock.tick(120_000)
    await setup.auth.axios.get('/me?secret=1')
    await setup.auth.refresh()
    await setup.idle()
    const { warnings } = setup.browser
    expect(warnings).toEqual([
      expect.stringMatching(
        /^everbearer: .*https:\/\/api\.app\.example .*"Access-Control-Expose-Headers: Authorization"/
      )
    ])
    for (const secret of [token, await setup.auth.getAccessToken(), 'secret']) {
      expect(warnings.join()).not.toContain(secret)
    }
  })

  it('causes only one warning in three key rotations', async () => {
    const setup = await setUp()
    hideHeader(setup)
    for (let rotation = 0; rotation < 3; rotation += 1) {
      setup.clock.tick(6_000)
      await setup.auth.axios.get('/me')
      await setup.auth.refresh()
      await setup.idle()
      setup.server.rotateKey()
    }
    expect(setup.browser.warnings).toHaveLength(1)
  })

  it('causes a warning that names the configured header', async () => {
    const setup = await setUp({ contract: { reissue: { header: 'X-New-Token' } } })
    setup.clock.tick(120_000)
    await setup.auth.axios.get('/me')
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings.join()).toContain('"Access-Control-Expose-Headers: X-New-Token"')
  })

  it.each([
    [
      'the header is readable',
      async (setup: ClientSetup) => void (await setup.auth.axios.get('/me'))
    ],
    [
      'the header was readable before',
      async (setup: ClientSetup) => {
        await setup.auth.axios.get('/me')
        setup.clock.tick(2_000)
        setup.server.rotateKey()
        hideHeader(setup)
        await setup.auth.axios.get('/me')
      }
    ],
    ['no request was sent', async (setup: ClientSetup) => hideHeader(setup)],
    [
      'all requests went to the page’s own origin',
      async (setup: ClientSetup) => {
        hideHeader(setup)
        await setup.auth.axios.get(`${pageOrigin}/me`).catch(() => {})
      }
    ],
    [
      'no request carried the last token before the new key',
      async (setup: ClientSetup) => {
        hideHeader(setup)
        setup.server.reset()
        await setup.auth.login(ada)
        await setup.auth.axios.get('/me')
        setup.clock.tick(6_000)
        await setup.auth.refresh()
        await setup.idle()
        setup.server.rotateKey()
      }
    ],
    [
      'the server refused the old key, so it could not re-issue the token',
      async (setup: ClientSetup) => {
        hideHeader(setup)
        await setup.auth.axios.get('/me')
        setup.server.retireKey()
        await setup.auth.axios.get('/me')
      }
    ]
  ])('causes no warning if %s', async (_, send) => {
    const setup = await setUp({ trustedOrigins: ['https://api.app.example', pageOrigin] })
    await send(setup)
    setup.clock.tick(6_000)
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })

  // The client does not see when the key changes. It may have changed after the last answer.
  it('causes no warning if the key may have changed after the last response', async () => {
    const setup = setUpClient({}, { allowedOrigins: [pageOrigin] })
    await setup.auth.login(ada)
    await setup.auth.axios.get('/me')
    setup.clock.tick(60_000)
    setup.server.rotateKey()
    setup.clock.tick(60_000)
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })

  it('causes no warning if the key changes directly after the only response', async () => {
    const setup = setUpClient({}, { allowedOrigins: [pageOrigin] })
    await setup.auth.login(ada)
    await setup.auth.axios.get('/me')
    setup.server.rotateKey()
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })

  it.each([
    [1, 300, 0],
    [2, 300, 1],
    [4, undefined, 0]
  ])(
    'is suspected after %i refusals of opaque tokens that live for %s seconds: %i warnings',
    async (times, expires_in, expected) => {
      let generation = 1
      const issue = () => json(200, { access_token: `access-${generation}`, expires_in })
      const { auth, pass, warnings } = setUpServer(
        routes({
          'POST /login': issue,
          'POST /refresh': issue,
          'GET /me': ({ token }) => json(token === `access-${generation}` ? 200 : 401, {})
        })
      )
      await auth.login(credentials)
      for (let nth = 0; nth < times; nth += 1) {
        await auth.axios.get('/me')
        generation += 1
        await pass(10_000)
        await auth.axios.get('/me')
      }
      await pass(1)
      const hidden = warnings.filter((warning) => warning.includes('Expose-Headers: Authorization'))
      expect(hidden).toHaveLength(expected)
    }
  )

  it('causes a warning after two key changes of an app that polls', async () => {
    const setup = setUpClient({}, { allowedOrigins: [pageOrigin] })
    hideHeader(setup)
    await setup.auth.login(ada)
    for (const expected of [0, 1]) {
      for (let second = 0; second < 60; second += 5) {
        if (second === 30) setup.server.rotateKey()
        setup.clock.tick(5_000)
        await setup.auth.axios.get('/me')
      }
      setup.clock.tick(4_000)
      await setup.auth.refresh()
      await setup.idle()
      expect(setup.browser.warnings).toHaveLength(expected)
    }
  })

  it('causes no warning by a late response to an earlier token', async () => {
    const setup = setUpClient({}, { allowedOrigins: [pageOrigin] })
    hideHeader(setup)
    await setup.auth.login(ada)
    const gate = setup.browser.hold('/me')
    const late = setup.auth.axios.get('/me')
    await gate.arrived(1)
    setup.clock.tick(6_000)
    await setup.auth.refresh()
    gate.release()
    await late
    setup.server.rotateKey()
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })

  it('causes a warning that names the scheme of a header in another format', async () => {
    const { auth, server, browser, idle } = setUpClient(
      {},
      { contract: { reissue: { scheme: 'JWT' } } }
    )
    await auth.login(ada)
    server.rotateKey()
    await auth.axios.get('/me')
    await auth.axios.get('/me')
    await idle()
    expect(browser.warnings).toEqual([
      'everbearer: a response cannot re-issue the token: Authorization holds "JWT …", expected "Bearer …". Set the scheme in contract.reissue; if the header holds another value, set contract.reissue: false.'
    ])
  })

  it('causes no warning if the contract has no re-issue', async () => {
    const setup = await setUp({ contract: { reissue: false } })
    await setup.auth.axios.get('/me')
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })

  it('causes no warning if the key did not change', async () => {
    const setup = setUpClient()
    await setup.auth.login(ada)
    await setup.auth.axios.get('/me')
    await setup.auth.refresh()
    await setup.idle()
    expect(setup.browser.warnings).toEqual([])
  })
})

it('rejects with the original error if the app’s warn() throws', async () => {
  const thrown: unknown[] = []
  const catchIt = (error: unknown) => thrown.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', catchIt)
  const warn = () => {
    throw new Error('in the app')
  }
  const { auth, browser, idle } = setUpClient({ platform: { warn } })
  browser.intercept('/login', { kind: 'unreachable' })
  await expect(auth.login(ada)).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  await idle()
  process.off('uncaughtException', catchIt)
  for (const other of others) process.on('uncaughtException', other)
  expect(thrown).toEqual([new Error('in the app')])
})

describe('an auth request that CORS may have blocked', () => {
  const unreachable = { kind: 'unreachable' } as const

  it.each(['login', 'refresh'] as const)(
    'causes one warning when %s gets no response',
    async (endpoint) => {
      const { auth, browser, reload } = setUpClient({
        contract: { refresh: '/refresh?secret=1' },
        // With storage, the next page would wait for the response to the first page's attempt.
        platform: { storage: undefined }
      })
      browser.intercept(`/${endpoint}`, unreachable, 2)
      for (let attempt = 0; attempt < 2; attempt += 1) {
        if (endpoint === 'login') await auth.login(ada).catch(() => {})
        else await reload({ restore: 'always' }).ready()
      }
      expect(new Set(browser.warnings)).toEqual(
        new Set([
          `everbearer: POST https://api.app.example/${endpoint} got no response, although the device is online. If the server is up, CORS blocks the request, or the path does not exist: check baseURL and contract.${endpoint}. For CORS, the preflight and the response need "Access-Control-Allow-Origin: https://app.example" and "Access-Control-Allow-Credentials: true". The preflight also needs "Access-Control-Allow-Headers: Authorization, Content-Type".`
        ])
      )
      expect(browser.warnings).toHaveLength(endpoint === 'login' ? 1 : 2)
    }
  )

  it('causes a warning that lists the Idempotency-Key if that is sent', async () => {
    const { auth, browser } = setUpClient({ contract: { refresh: { idempotencyKey: 'always' } } })
    browser.intercept('/login', unreachable)
    await auth.login(ada).catch(() => {})
    expect(browser.warnings.join()).toContain('Authorization, Content-Type, Idempotency-Key"')
  })

  it('causes a warning in the terms of the contract', async () => {
    const { auth, browser } = setUpClient({
      contract: {
        login: {
          method: 'PUT',
          path: '/session?secret=1',
          body: 'form',
          headers: { 'X-Client': 'spa' },
          cookies: false
        },
        refresh: { body: 'none', csrf: { cookie: 'csrf', header: 'X-CSRF-TOKEN' } },
        attach: { header: 'X-Auth-Token', scheme: '' }
      }
    })
    browser.intercept('/session', unreachable)
    await auth.login(ada).catch(() => {})
    expect(browser.warnings).toEqual([
      'everbearer: PUT https://api.app.example/session got no response, although the device is online. If the server is up, CORS blocks the request, or the path does not exist: check baseURL and contract.login. For CORS, the preflight and the response need "Access-Control-Allow-Origin: https://app.example". The preflight also needs "Access-Control-Allow-Headers: X-Auth-Token, X-Client, X-CSRF-TOKEN" and "Access-Control-Allow-Methods: PUT".'
    ])
  })

  it.each<[string, AuthClientOptions, (setup: ClientSetup) => unknown]>([
    ['the device is offline', {}, ({ browser }) => browser.setOnline(false)],
    ['the endpoints are the page’s own', { baseURL: pageOrigin }, () => {}],
    ['no page exists', { platform: { pageUrl: () => undefined } }, () => {}],
    [
      'an earlier auth request got a response, even a rejection',
      {},
      ({ auth }) => auth.login({ email: 'nobody', password: '' }).catch(() => {})
    ]
  ])('causes no warning if %s', async (_, options, prepare) => {
    const setup = setUpClient(options)
    await prepare(setup)
    setup.browser.intercept('/login', unreachable)
    await expect(setup.auth.login(ada)).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
    expect(setup.browser.warnings).toEqual([])
  })

  it('causes no warning if the app’s own refresh function failed', async () => {
    const { auth, browser } = setUpClient({
      restore: 'always',
      contract: { refresh: () => Promise.reject(new TypeError('failed to fetch')) }
    })
    await auth.ready()
    expect(browser.warnings).toEqual([])
  })
})

describe('the http variant of a trusted origin', () => {
  it('gets no token, and causes one warning', async () => {
    const { auth, browser } = setUpClient()
    await auth.login(ada)
    for (const url of ['http://api.app.example/me?secret=1', 'http://api.app.example/other']) {
      await auth.axios.get(url).catch(() => {})
      expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
    }
    expect(browser.warnings).toEqual([
      'everbearer: a request to http://api.app.example was sent without the access token; use https.'
    ])
  })

  it.each([
    'http://evil.example/me',
    'http://api.app.example:8080/me',
    'https://evil.example/me',
    'http://['
  ])('causes no warning for a request to %s', async (url) => {
    const { auth, browser } = setUpClient()
    await auth.login(ada)
    await auth.axios.get(url).catch(() => {})
    expect(browser.warnings).toEqual([])
  })

  it('causes no warning for a request that omits the token', async () => {
    const { auth, browser } = setUpClient()
    await auth.login(ada)
    await auth.axios
      .get('http://api.app.example/me', { everbearer: { accessToken: 'omit' } })
      .catch(() => {})
    expect(browser.warnings).toEqual([])
  })
})

describe('a warning', () => {
  async function provoke(): Promise<string[]> {
    const warnings: string[] = []
    const platform = {
      pageUrl: () => `${pageOrigin}/`,
      warn: (text: string) => warnings.push(text)
    }
    const auth = createAuthClient({
      baseURL: 'https://api.app.example',
      restore: 'never',
      platform
    })
    onTestFinished(auth.dispose)
    const adapter: AxiosAdapter = () => Promise.reject(new Error('not sent'))
    await auth.axios.get('http://api.app.example', { adapter }).catch(() => {})
    return warnings
  }

  it.each(['development', 'test', ''])('is logged with NODE_ENV=%j', async (environment) => {
    vi.stubEnv('NODE_ENV', environment)
    expect(await provoke()).toHaveLength(1)
  })

  it('is not logged with NODE_ENV=production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(await provoke()).toHaveLength(0)
  })

  it('is logged to the console by default', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const auth = createAuthClient({ baseURL: 'https://api.app.example' })
    onTestFinished(auth.dispose)
    const adapter: AxiosAdapter = () => Promise.reject(new Error('not sent'))
    await auth.axios.get('http://api.app.example', { adapter }).catch(() => {})
    expect(warn.mock.calls).toEqual([[expect.stringContaining('everbearer: ')]])
  })

  const browserAxios = join(import.meta.dirname, '../../node_modules/axios/dist/esm/axios.js')
  const entry = join(import.meta.dirname, '../../src/index.ts')
  const provocation = `
    import { createAuthClient } from ${JSON.stringify(entry)}
    const platform = { pageUrl: () => 'https://app.example/', warn: (text) => warnings.push(text) }
    const auth = createAuthClient({ baseURL: 'https://api.app.example', restore: 'never', platform })
    auth.axios.get('http://api.app.example', { adapter: () => Promise.reject(new Error('not sent')) }).catch(() => {})`

  const bundlers: readonly [string, (mode: string) => Promise<string>][] = [
    [
      'esbuild',
      async (mode) => {
        const { outputFiles } = await buildWithEsbuild({
          stdin: { contents: provocation, resolveDir: import.meta.dirname },
          bundle: true,
          minify: mode === 'production',
          ...(mode === ''
            ? { platform: 'neutral', alias: { axios: browserAxios }, mainFields: ['module'] }
            : { define: { 'process.env.NODE_ENV': JSON.stringify(mode) } }),
          format: 'iife',
          write: false,
          logLevel: 'silent'
        })
        return outputFiles[0]?.text ?? ''
      }
    ],
    [
      'Vite',
      async (mode) => {
        // Vite sets this mode itself; vitest has set another one.
        vi.stubEnv('NODE_ENV', mode)
        const result = await buildWithVite({
          configFile: false,
          logLevel: 'silent',
          mode,
          plugins: [
            {
              name: 'provocation',
              resolveId: (id) => (id === 'provocation' ? '\0provocation' : undefined),
              load: (id) => (id === '\0provocation' ? provocation : undefined)
            }
          ],
          build: {
            write: false,
            rollupOptions: { input: 'provocation', output: { format: 'iife' } }
          }
        })
        const [{ output }] = (Array.isArray(result) ? result : [result]) as [
          { output: readonly { code?: string }[] }
        ]
        return output.map(({ code }) => code ?? '').join('')
      }
    ]
  ]

  async function run(code: string): Promise<string[]> {
    const { URL, URLSearchParams, TextEncoder, Headers, Request, Response, queueMicrotask } =
      globalThis
    const globals = {
      URL,
      URLSearchParams,
      TextEncoder,
      Headers,
      Request,
      Response,
      queueMicrotask
    }
    const { AbortController, setTimeout, clearTimeout, performance, navigator } = globalThis
    const warnings: string[] = []
    const page = { AbortController, setTimeout, clearTimeout, performance, navigator, warnings }
    runInContext(code, createContext({ ...globals, ...page }))
    await new Promise((resolve) => setImmediate(resolve))
    return warnings
  }

  it.each(bundlers)(
    'is logged by a development bundle of %s in a page without `process`',
    async (_, bundle) => {
      expect(await run(await bundle('development'))).toHaveLength(1)
    }
  )

  it.each(bundlers)('is absent from a production bundle of %s', async (_, bundle) => {
    const code = await bundle('production')
    expect(await run(code)).toHaveLength(0)
    expect(code).toContain('ERR_AUTH_NETWORK')
    expect(code).not.toContain('was sent without the access token')
    expect(code).not.toContain('Access-Control')
  })

  it('is not logged in a page without a bundler, because its mode is unknown', async () => {
    const [, esbuild] = bundlers[0] ?? []
    const code = (await esbuild?.('')) ?? ''
    expect(code).toContain('process.env.NODE_ENV')
    expect(await run(code)).toHaveLength(0)
  })
})
