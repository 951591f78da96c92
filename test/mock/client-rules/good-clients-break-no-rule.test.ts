// Good clients: this package's client breaks no rule in any situation.
import type { MockAuthServerOptions } from 'everbearer/mock'
import { describe, it } from 'vitest'
import { ada, createTestBed, grace, type TestBed } from '../../support/worlds/test-client.ts'
import { createTabsBed } from '../../support/worlds/virtual-tabs.ts'

const load = ({ auth }: TestBed) => auth.axios.get('/me')
const settle = (promise: Promise<unknown>) => promise.catch(() => undefined)
const reload = (bed: TestBed) => {
  bed.reload({ restore: 'always' })
  return bed.idle()
}
const pass = async (bed: TestBed, seconds: number) => {
  for (let left = seconds; left > 0; left -= 10) {
    bed.clock.tick(10_000)
    await bed.idle()
  }
}

const lives: Record<
  string,
  { server?: MockAuthServerOptions; live(bed: TestBed): Promise<unknown> }
> = {
  'a refresh answered 503 after the commit': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', 503, { after: 'commit' })
      await settle(bed.auth.refresh())
      await pass(bed, 60)
      await settle(load(bed))
      await pass(bed, 300)
      await settle(load(bed))
    }
  },
  'refreshes answered 503 after the commit while the token is used': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', 503, { after: 'commit', times: 3 })
      await settle(bed.auth.refresh())
      for (let step = 0; step < 6; step += 1) {
        await settle(load(bed))
        await pass(bed, 10)
      }
    }
  },
  'an API response replaced by 500 after the commit, during a key rotation': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.rotateKey()
      bed.server.failNext('api', 500, { after: 'commit' })
      await settle(load(bed))
      await pass(bed, 20)
      await settle(load(bed))
    }
  },
  'a logout with a response that is lost after the commit': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('logout', 'network', { after: 'commit' })
      await settle(bed.auth.logout())
      await pass(bed, 20)
      await reload(bed)
    }
  },
  'a login answered 503 after the commit and then repeated': {
    async live(bed) {
      bed.server.failNext('login', 503, { after: 'commit' })
      await settle(bed.auth.login(ada))
      await reload(bed)
      await settle(bed.auth.login(ada))
    }
  },
  'a reload after the session has been idle for too long': {
    server: { refreshIdleSeconds: 600 },
    async live(bed) {
      await bed.auth.login(ada)
      bed.auth.dispose()
      bed.clock.tick(700_000)
      await reload(bed)
      await reload(bed)
    }
  },
  'a reload after the session has expired': {
    server: { sessionSeconds: 600 },
    async live(bed) {
      await bed.auth.login(ada)
      bed.auth.dispose()
      bed.clock.tick(700_000)
      await reload(bed)
      await reload(bed)
    }
  },
  'the server ending all sessions': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.endSessions()
      await settle(load(bed))
      await bed.idle()
      await reload(bed)
      await settle(bed.auth.login(ada))
    }
  },
  'an emergency rotation': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.emergencyRotate()
      await settle(load(bed))
      await pass(bed, 300)
      await settle(bed.auth.login(ada))
      await load(bed)
    }
  },
  'logins of two users without a logout in between': {
    async live(bed) {
      await bed.auth.login(ada)
      await bed.auth.login(grace)
      await load(bed)
      await pass(bed, 300)
      await load(bed)
      await bed.auth.logout()
      await bed.auth.login(ada)
      await load(bed)
    }
  },
  'a logout during a refresh': {
    async live(bed) {
      await bed.auth.login(ada)
      const gate = bed.server.hold('refresh')
      const refresh = settle(bed.auth.refresh())
      await gate.arrived()
      const out = settle(bed.auth.logout())
      await bed.browser.turn()
      gate.release()
      await Promise.all([out, refresh])
      await bed.idle()
      await pass(bed, 20)
    }
  },
  'a logout during a refresh that is held after the commit': {
    async live(bed) {
      await bed.auth.login(ada)
      const gate = bed.server.hold('refresh', { after: 'commit' })
      const refresh = settle(bed.auth.refresh())
      await gate.arrived()
      const out = settle(bed.auth.logout())
      await bed.browser.turn()
      gate.release()
      await Promise.all([out, refresh])
      await bed.idle()
      await pass(bed, 20)
      await bed.auth.login(ada)
      await load(bed)
    }
  },
  'a refresh that hangs': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', 'hang')
      const refresh = settle(bed.auth.refresh())
      for (let step = 0; step < 12; step += 1) {
        bed.clock.tick(10_000)
        // All other calls are answered before the clock advances; idle() ignores the one that
        // hangs.
        await bed.server.idle({ quietMs: 1 })
        await bed.browser.turn()
      }
      await refresh
      await settle(load(bed))
    }
  },
  'eight refreshes answered 429': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', { status: 429, headers: { 'Retry-After': '2' } }, { times: 8 })
      await settle(bed.auth.refresh())
      await pass(bed, 300)
      await settle(load(bed))
    }
  },
  'a new token version and a server clock that runs ahead': {
    async live(bed) {
      await bed.auth.login(ada)
      await load(bed)
      bed.server.bumpTokenVersion()
      await load(bed)
      bed.server.clock.advance(120)
      await load(bed)
      await pass(bed, 200)
      await load(bed)
    }
  },
  'a token re-issued in every response': {
    server: { reissue: { when: 'always' } },
    async live(bed) {
      await bed.auth.login(ada)
      for (let step = 0; step < 10; step += 1) {
        await Promise.all([load(bed), load(bed), load(bed)])
        await pass(bed, 10)
      }
    }
  },
  'a malformed refresh response': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', 'malformed', { after: 'commit' })
      await settle(bed.auth.refresh())
      await pass(bed, 60)
      await settle(load(bed))
    }
  },
  'a refresh answered 200 without a token after the commit': {
    async live(bed) {
      await bed.auth.login(ada)
      bed.server.failNext('refresh', { status: 200, body: { hello: 'you' } }, { after: 'commit' })
      await settle(bed.auth.refresh())
      await pass(bed, 60)
      await settle(load(bed))
    }
  }
}

describe('everbearer', () => {
  it.each(Object.entries(lives))('breaks no rule during %s', async (_name, { server, live }) => {
    const bed = createTestBed({}, server)
    await live(bed)
    bed.server.assertNoViolations()
  })

  it('breaks no rule with several tabs', async () => {
    const bed = createTabsBed()
    const one = bed.openTab()
    await bed.settle()
    await one.auth.login(ada)
    const other = bed.openTab()
    const third = bed.openTab()
    await bed.settle()
    await bed.pass(700_000, 10_000)
    bed.server.rotateKey()
    await one.auth.logout()
    await bed.settle()
    await bed.pass(20_000, 1_000)
    await other.auth.login(grace)
    await bed.settle()
    await bed.pass(400_000, 10_000)
    third.putAside()
    await bed.settle()
    bed.server.assertNoViolations()
  })
})
