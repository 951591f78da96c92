// Tabs without locks, channel or storage: missing in the browser, or switched off by the option
// `tabs`.
import { expect, it } from 'vitest'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

async function openThree(options: TabsOptions) {
  const setup = setUpTabs({ server: { refreshGraceSeconds: 10 }, ...options })
  const first = setup.openTab()
  await setup.settle()
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  const tabs = [first, setup.openTab(), setup.openTab()]
  await setup.pass(600)
  return { ...setup, tabs }
}

const lacking: [string, TabsOptions][] = [
  ['without Web Locks', { without: ['locks'] }],
  ['without a channel', { without: ['openChannel'] }],
  ['without storage', { without: ['storage'] }],
  ['without any of them', { without: ['locks', 'openChannel', 'storage'] }],
  ['with tabs: signal', { client: { tabs: 'signal' } }],
  ['with tabs: off', { client: { tabs: 'off' } }],
  [
    'with a channel and storage that throw',
    {
      client: {
        platform: {
          openChannel() {
            throw new Error('InvalidStateError')
          },
          storage: {
            getItem() {
              throw new Error('SecurityError')
            },
            setItem() {
              throw new Error('QuotaExceededError')
            },
            removeItem() {
              throw new Error('SecurityError')
            }
          }
        }
      }
    }
  ],
  [
    'with locks that throw',
    {
      client: {
        platform: {
          locks: {
            request: () => Promise.reject(new DOMException('not fully active', 'InvalidStateError'))
          }
        }
      }
    }
  ]
]

it.each(lacking)('keeps three tabs signed in over five expiries, %s', async (_, options) => {
  const { tabs, clock, pass, server } = await openThree(options)
  for (let expiry = 0; expiry < 5; expiry += 1) {
    clock.tick(240_000)
    await pass(600)
    const answers = await Promise.all(tabs.map(({ auth }) => auth.axios.get('/me')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  }
  expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  expect(tabs.map(({ auth }) => auth.getState().status)).toEqual(Array(3).fill('authenticated'))
})

it('posts no token if tabs is `signal`', async () => {
  const posted: unknown[] = []
  const { pass, openTab, settle } = setUpTabs({
    client: {
      tabs: 'signal',
      platform: {
        openChannel: () => ({ post: (message) => void posted.push(message), close() {} })
      }
    }
  })
  const { auth } = openTab()
  await settle()
  await auth.login(ada)
  const tokens = [await auth.getAccessToken()]
  await auth.refresh()
  tokens.push(await auth.getAccessToken())
  await pass(50)
  await auth.logout()
  expect(posted).toMatchObject(Array(3).fill({ type: 'record', token: undefined }))
  for (const token of tokens) expect(JSON.stringify(posted)).not.toContain(token)
})

it('opens no channel if tabs is `off`', async () => {
  let opened = 0
  const { openTab, settle } = setUpTabs({
    client: {
      tabs: 'off',
      platform: {
        openChannel() {
          opened += 1
          return { post() {}, close() {} }
        }
      }
    }
  })
  const { auth } = openTab()
  await settle()
  await auth.login(ada)
  await auth.logout()
  expect(opened).toBe(0)
})

it('signs in and out in all tabs if tabs is `signal`', async () => {
  const { tabs, pass } = await openThree({ client: { tabs: 'signal' } })
  const leaving = tabs[0]?.auth.logout()
  await pass(300)
  await leaving
  const statuses = () => tabs.map(({ auth }) => auth.getState().status)
  expect(statuses()).toEqual(Array(3).fill('unauthenticated'))
  const entering = tabs[1]?.auth.login(ada)
  await pass(300)
  await entering
  expect(statuses()).toEqual(Array(3).fill('authenticated'))
})

it('keeps an active tab signed in beside an idle one', async () => {
  const { tabs, pass, clock, settle } = await openThree({
    client: { idlePolicy: { signOutAfterSeconds: 600, whileHidden: 'refresh' } }
  })
  for (let minute = 0; minute < 30; minute += 1) {
    clock.tick(60_000)
    await settle()
    await tabs[0]?.auth.axios.get('/me')
  }
  expect(tabs.map(({ auth }) => auth.getState().status)).toEqual(Array(3).fill('authenticated'))
  for (let minute = 0; minute < 12; minute += 1) {
    clock.tick(60_000)
    await pass(100)
  }
  for (const { auth } of tabs)
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
})

it('shares no token between clients of two servers on one origin', async () => {
  const { openTab, settle } = setUpTabs()
  const ours = openTab()
  const theirs = openTab({ baseURL: 'https://other.example' })
  await settle()
  await ours.auth.login(ada)
  await settle()
  expect(theirs.events.map(({ name }) => name)).not.toContain('signed-in')
  expect(theirs.auth.getState().status).not.toBe('authenticated')
})
