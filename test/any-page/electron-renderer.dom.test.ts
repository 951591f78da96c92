// Electron renderer: its `process` looks like Node, but its windows share one session as tabs do.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'

beforeEach(() => {
  Reflect.set(process, 'type', 'renderer')
  vi.stubGlobal('BroadcastChannel', createChannelClass())
  vi.stubGlobal('navigator', { onLine: true, locks: createLocks() })
})
afterEach(() => {
  Reflect.deleteProperty(process, 'type')
  vi.unstubAllGlobals()
})

function openTwoWindows() {
  let hasSession = true
  let nth = 0
  const setup = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'abc', expires_in: 300 }),
      'POST /refresh': () => {
        nth += 1
        return hasSession
          ? json(200, { access_token: `access-${nth}`, expires_in: 300 })
          : json(401, {})
      },
      'POST /logout': () => {
        hasSession = false
        return json(200, {})
      }
    })
  )
  return { ...setup, first: setup.auth, second: setup.reload() }
}

it('refreshes once for two windows of Electron', async () => {
  const { first, second, pass, sentTo, settle } = openTwoWindows()
  await first.login(credentials)
  await settle()
  expect(second.getState().status).toBe('authenticated')
  await pass(280_000, 10_000)
  expect(sentTo('/refresh')).toHaveLength(1)
  expect(await first.getAccessToken()).toBe(await second.getAccessToken())
})

it('signs out both windows of Electron', async () => {
  const { first, second, settle } = openTwoWindows()
  await first.login(credentials)
  await settle()
  expect(second.getState().status).toBe('authenticated')
  await first.logout()
  await settle()
  expect(second.getState().status).toBe('unauthenticated')
})

function createChannelClass() {
  const open = new Set<Channel>()
  class Channel {
    onmessage: ((event: { readonly data: unknown }) => void) | undefined
    readonly name: string
    constructor(name: string) {
      this.name = name
      open.add(this)
    }
    postMessage(data: unknown) {
      const copy = structuredClone(data)
      for (const other of open) {
        if (other !== this && other.name === this.name) {
          queueMicrotask(() => other.onmessage?.({ data: copy }))
        }
      }
    }
    close() {
      open.delete(this)
    }
  }
  return Channel
}

/** Web Locks, as far as the client uses them. */
function createLocks() {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async request<T>(
      name: string,
      options: { readonly ifAvailable?: boolean },
      task: (lock: unknown) => Promise<T>
    ): Promise<T> {
      const before = tails.get(name)
      if (options.ifAvailable && before !== undefined) return task(null)
      const running = (before ?? Promise.resolve()).then(() => task({ name }))
      const tail = running
        .catch(() => {})
        .then(() => {
          if (tails.get(name) === tail) tails.delete(name)
        })
      tails.set(name, tail)
      return running
    }
  }
}
