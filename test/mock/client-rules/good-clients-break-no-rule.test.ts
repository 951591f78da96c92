// Good clients: this package's client breaks no rule in any situation.
import type { MockAuthServerOptions } from 'everbearer/mock'
import { describe, it } from 'vitest'
import { ada, type ClientSetup, grace, setUpClient } from '../../support/setups/test-client.ts'
import { setUpTabs } from '../../support/setups/virtual-tabs.ts'

const load = ({ auth }: ClientSetup) => auth.axios.get('/me')
const settle = (promise: Promise<unknown>) => promise.catch(() => undefined)
const reload = (setup: ClientSetup) => {
  setup.reload({ restore: 'always' })
  return setup.idle()
}
const pass = async (setup: ClientSetup, seconds: number) => {
  for (let left = seconds; left > 0; left -= 10) {
    setup.clock.tick(10_000)
    await setup.idle()
  }
}
/** A request waits until a failed refresh may be repeated. */
async function loadInTime(setup: ClientSetup): Promise<void> {
  const loaded = settle(load(setup))
  await pass(setup, 10)
  await loaded
}

async function reloadTwiceAfterPause(setup: ClientSetup): Promise<void> {
  await setup.auth.login(ada)
  setup.auth.dispose()
  setup.clock.tick(700_000)
  await reload(setup)
  await reload(setup)
}

const lives: Record<
  string,
  { server?: MockAuthServerOptions; live(setup: ClientSetup): Promise<unknown> }
> = {
  'a refresh answered 503 after the commit': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('refresh', 503, { after: 'commit' })
      await settle(setup.auth.refresh())
      await pass(setup, 60)
      await loadInTime(setup)
      await pass(setup, 300)
      await loadInTime(setup)
    }
  },
  'refreshes answered 503 after the commit while the token is used': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('refresh', 503, { after: 'commit', times: 3 })
      await settle(setup.auth.refresh())
      for (let step = 0; step < 6; step += 1) {
        await loadInTime(setup)
      }
    }
  },
  'an API response replaced by 500 after the commit, during a key rotation': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.rotateKey()
      setup.server.failNext('api', 500, { after: 'commit' })
      await loadInTime(setup)
      await pass(setup, 20)
      await loadInTime(setup)
    }
  },
  'a logout with a response that is lost after the commit': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('logout', 'network', { after: 'commit' })
      await settle(setup.auth.logout())
      await pass(setup, 20)
      await reload(setup)
    }
  },
  'a login answered 503 after the commit and then repeated': {
    async live(setup) {
      setup.server.failNext('login', 503, { after: 'commit' })
      await settle(setup.auth.login(ada))
      await reload(setup)
      await settle(setup.auth.login(ada))
    }
  },
  'a reload after the session has been idle for too long': {
    server: { refreshIdleSeconds: 600 },
    live: reloadTwiceAfterPause
  },
  'a reload after the session has expired': {
    server: { sessionSeconds: 600 },
    live: reloadTwiceAfterPause
  },
  'the server ending all sessions': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.endSessions()
      await loadInTime(setup)
      await setup.idle()
      await reload(setup)
      await settle(setup.auth.login(ada))
    }
  },
  'an emergency rotation': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.emergencyRotate()
      await loadInTime(setup)
      await pass(setup, 300)
      await settle(setup.auth.login(ada))
      await load(setup)
    }
  },
  'logins of two users without a logout in between': {
    async live(setup) {
      await setup.auth.login(ada)
      await setup.auth.login(grace)
      await load(setup)
      await pass(setup, 300)
      await load(setup)
      await setup.auth.logout()
      await setup.auth.login(ada)
      await load(setup)
    }
  },
  'a logout during a refresh': {
    async live(setup) {
      await setup.auth.login(ada)
      const gate = setup.server.hold('refresh')
      const refresh = settle(setup.auth.refresh())
      await gate.arrived()
      const out = settle(setup.auth.logout())
      await setup.browser.turn()
      gate.release()
      await Promise.all([out, refresh])
      await setup.idle()
      await pass(setup, 20)
    }
  },
  'a logout during a refresh that is held after the commit': {
    async live(setup) {
      await setup.auth.login(ada)
      const gate = setup.server.hold('refresh', { after: 'commit' })
      const refresh = settle(setup.auth.refresh())
      await gate.arrived()
      const out = settle(setup.auth.logout())
      await setup.browser.turn()
      gate.release()
      await Promise.all([out, refresh])
      await setup.idle()
      await pass(setup, 20)
      await setup.auth.login(ada)
      await load(setup)
    }
  },
  'a refresh that hangs': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('refresh', 'hang')
      const refresh = settle(setup.auth.refresh())
      for (let step = 0; step < 12; step += 1) {
        setup.clock.tick(10_000)
        // All other calls are answered before the clock advances; idle() ignores the one that
        // hangs.
        await setup.server.idle({ quietMs: 1 })
        await setup.browser.turn()
      }
      await refresh
      await loadInTime(setup)
    }
  },
  'eight refreshes answered 429': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext(
        'refresh',
        { status: 429, headers: { 'Retry-After': '2' } },
        { times: 8 }
      )
      await settle(setup.auth.refresh())
      await pass(setup, 300)
      await loadInTime(setup)
    }
  },
  'a new token version and a server clock that runs ahead': {
    async live(setup) {
      await setup.auth.login(ada)
      await load(setup)
      setup.server.bumpTokenVersion()
      await load(setup)
      setup.server.clock.advance(120)
      await load(setup)
      await pass(setup, 200)
      await load(setup)
    }
  },
  'a token re-issued in every response': {
    server: { reissue: { when: 'always' } },
    async live(setup) {
      await setup.auth.login(ada)
      for (let step = 0; step < 10; step += 1) {
        await Promise.all([load(setup), load(setup), load(setup)])
        await pass(setup, 10)
      }
    }
  },
  'a malformed refresh response': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('refresh', 'malformed', { after: 'commit' })
      await settle(setup.auth.refresh())
      await pass(setup, 60)
      await loadInTime(setup)
    }
  },
  'a refresh answered 200 without a token after the commit': {
    async live(setup) {
      await setup.auth.login(ada)
      setup.server.failNext('refresh', { status: 200, body: { hello: 'you' } }, { after: 'commit' })
      await settle(setup.auth.refresh())
      await pass(setup, 60)
      await loadInTime(setup)
    }
  }
}

describe('an everbearer client', () => {
  it.each(Object.entries(lives))('breaks no rule during %s', async (_name, { server, live }) => {
    const setup = setUpClient({}, server)
    await live(setup)
    setup.server.assertNoViolations()
  })

  it('breaks no rule with several tabs', async () => {
    const setup = setUpTabs()
    const one = setup.openTab()
    await setup.settle()
    await one.auth.login(ada)
    const other = setup.openTab()
    const third = setup.openTab()
    await setup.settle()
    await setup.pass(700_000, 10_000)
    setup.server.rotateKey()
    await one.auth.logout()
    await setup.settle()
    await setup.pass(20_000, 1_000)
    await other.auth.login(grace)
    await setup.settle()
    await setup.pass(400_000, 10_000)
    third.enterBfcache()
    await setup.settle()
    setup.server.assertNoViolations()
  })
})
