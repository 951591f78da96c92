// Two accounts on a page: clients with different names share no token, sign-out or storage.
import type { PlatformChannel } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { json, routes, settle, setUpServer } from '../support/setups/hand-written-server.ts'

/** Opens two clients of one API, in one page with the same channels and storage. */
function setUpTwoAccounts(tabs: 'share' | 'signal' | 'off') {
  let isLogoutDown = false
  const server = routes({
    'POST /login': ({ fields }) =>
      json(200, { access_token: `access-of-${fields.name}`, refresh_token: `of-${fields.name}` }),
    'POST /refresh': ({ fields }) => json(200, { access_token: `newer-${fields.refresh_token}` }),
    'POST /logout': () => json(isLogoutDown ? 503 : 200, {}),
    'GET /me': ({ token }) => json(200, { token })
  })
  const { auth: first, reload } = setUpServer(server, {
    tabs,
    name: 'first',
    contract: { refresh: { credential: 'refresh-token' } },
    platform: { openChannel: createChannels() }
  })
  return {
    first,
    second: reload({ name: 'second' }),
    failLogout() {
      isLogoutDown = true
    }
  }
}

function createChannels() {
  const channels = new Set<{ name: string; onMessage(message: unknown): void }>()
  return (name: string, onMessage: (message: unknown) => void): PlatformChannel => {
    const own = { name, onMessage }
    channels.add(own)
    return {
      post(message) {
        for (const other of channels) {
          if (other !== own && other.name === name) other.onMessage(message)
        }
      },
      close: () => void channels.delete(own)
    }
  }
}

describe.each(['share', 'signal', 'off'] as const)('two accounts with tabs %s', (tabs) => {
  it('are signed in side by side', async () => {
    const { first, second } = setUpTwoAccounts(tabs)
    await first.login({ name: 'ada' })
    await second.login({ name: 'grace' })
    await settle()
    const answers = [await first.axios.get('/me'), await second.axios.get('/me')]
    expect(answers.map(({ data }) => data)).toEqual([
      { token: 'access-of-ada' },
      { token: 'access-of-grace' }
    ])
  })

  it('do not sign each other out, also if the server does not confirm the sign-out', async () => {
    const { first, second, failLogout } = setUpTwoAccounts(tabs)
    await first.login({ name: 'ada' })
    await second.login({ name: 'grace' })
    failLogout()
    expect(await first.logout()).toEqual({ confirmed: false })
    await settle()
    await second.refresh()
    expect(first.getState().status).toBe('unauthenticated')
    expect(second.getState().status).toBe('authenticated')
  })
})
