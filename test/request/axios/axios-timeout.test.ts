// I5: axios's `timeout` covers the whole call, and releases only its own caller.
import { AxiosError, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios'
import { createAuthClient } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startRecordingServer } from '../../support/setups/recording-server.ts'
import { ada, setUpClient } from '../../support/setups/test-client.ts'

async function setUpWaitingRequest() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  setup.server.revokeAccessTokens()
  const refresh = setup.browser.hold('/refresh')
  return { ...setup, refresh }
}

describe('a request that waits for a refresh', () => {
  const cases: readonly [string, AxiosRequestConfig, string, string][] = [
    ['with the error of axios', {}, 'ECONNABORTED', 'timeout of 1000ms exceeded'],
    [
      'with the code that the app configured',
      { transitional: { clarifyTimeoutError: true } },
      'ETIMEDOUT',
      'timeout of 1000ms exceeded'
    ],
    [
      'with the message that the app configured',
      { timeoutErrorMessage: 'too slow' },
      'ECONNABORTED',
      'too slow'
    ]
  ]

  it.each(cases)('rejects at its timeout %s', async (_, options, code, message) => {
    const { auth, clock, refresh } = await setUpWaitingRequest()
    const failing = auth.axios.get('/me', { timeout: 1_000, ...options }).catch((error) => error)
    await refresh.arrived(1)
    clock.tick(1_000)
    const error = await failing
    expect(error).toBeInstanceOf(AxiosError)
    expect(error).toMatchObject({ code, message, config: { url: '/me', timeout: 1_000 } })
    expect(error.response).toBe(undefined)
    expect(error.config.headers.has('Authorization')).toBe(false)
    refresh.release()
  })

  it('releases only the caller that timed out, and clears its timer', async () => {
    const { auth, clock, refresh, callsTo, idle } = await setUpWaitingRequest()
    const hasty = auth.axios.get('/me', { timeout: 1_000 })
    const patient = auth.axios.get('/me', { timeout: 5_000 })
    const unlimited = auth.axios.get('/me')
    await refresh.arrived(1)
    clock.tick(1_000)
    await expect(hasty).rejects.toMatchObject({ code: 'ECONNABORTED' })
    refresh.release()
    expect((await patient).status).toBe(200)
    expect((await unlimited).status).toBe(200)
    await idle()
    expect(callsTo('refresh')).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(1)
  })

  it('counts the wait for a restore towards the timeout', async () => {
    const { auth, reload, browser, clock } = setUpClient()
    await auth.login(ada)
    const gate = browser.hold('/refresh')
    const next = reload({ restore: 'always' })
    const failing = next.axios.get('/me', { timeout: 1_000 })
    await gate.arrived(1)
    clock.tick(999)
    await browser.turn()
    clock.tick(1)
    await expect(failing).rejects.toMatchObject({ code: 'ECONNABORTED' })
    gate.release()
  })
})

describe('an adapter call', () => {
  function watchTimeouts(
    inner: (config: InternalAxiosRequestConfig) => Promise<never>,
    onSend: () => void = () => {}
  ) {
    const timeouts: unknown[] = []
    const adapter = (config: InternalAxiosRequestConfig) => {
      timeouts.push(config.timeout)
      onSend()
      return inner(config)
    }
    return { timeouts, adapter }
  }

  it('gets the time that the wait for a refresh left', async () => {
    const { auth, clock, browser, refresh } = await setUpWaitingRequest()
    const { timeouts, adapter } = watchTimeouts(browser.adapter as never)
    const sending = auth.axios.get('/me', { timeout: 5_000, adapter })
    await refresh.arrived(1)
    clock.tick(2_000)
    refresh.release()
    expect((await sending).config.timeout).toBe(5_000)
    expect(timeouts).toEqual([5_000, 3_000])
  })

  it('is skipped for the replay when no time is left', async () => {
    const { auth, clock, browser } = setUpClient()
    await auth.login(ada)
    const { timeouts, adapter } = watchTimeouts(browser.adapter as never, () => clock.tick(1_000))
    const answer: WireResponse = { status: 401, headers: [], setCookies: [], body: '' }
    browser.intercept('/me', { kind: 'answer', response: answer })
    await expect(auth.axios.get('/me', { timeout: 1_000, adapter })).rejects.toMatchObject({
      code: 'ECONNABORTED',
      message: 'timeout of 1000ms exceeded'
    })
    expect(timeouts).toEqual([1_000])
  })

  it.each([0, undefined, -1, Number.NaN, Infinity, '', null])(
    'gets the timeout unchanged if axios takes it for no limit: %j',
    async (timeout) => {
      const { auth, browser, refresh } = await setUpWaitingRequest()
      const { timeouts, adapter } = watchTimeouts(browser.adapter as never)
      const sending = auth.axios.get('/me', { timeout: timeout as number, adapter })
      await refresh.arrived(1)
      refresh.release()
      expect((await sending).status).toBe(200)
      expect(timeouts[1]).toBe(timeouts[0])
    }
  )
})

describe.each(['http', 'fetch'] as const)('a replay over %s', (adapter) => {
  it('states the full timeout when a replay takes too long', async () => {
    const { url } = await startRecordingServer((_, response, nth) => {
      if (nth === 1) response.writeHead(401).end()
    })
    let issued = 0
    const issue = async () => ({ access_token: `token-${++issued}` })
    let elapsedMs = 0
    const auth = createAuthClient({
      baseURL: url,
      // The refresh takes 900 of the 1000 milliseconds on this clock.
      contract: {
        refresh: async () => {
          elapsedMs += 900
          return issue()
        }
      },
      platform: { monotonicNow: () => elapsedMs }
    })
    onTestFinished(auth.dispose)
    await auth.login(issue)
    const error = await auth.axios.get('/slow', { adapter, timeout: 1_000 }).catch((it) => it)
    expect(error).toMatchObject({
      code: adapter === 'fetch' ? 'ETIMEDOUT' : 'ECONNABORTED',
      message: 'timeout of 1000ms exceeded',
      config: { timeout: 1_000 }
    })
    expect(error.stack).toContain('timeout of 1000ms exceeded')
    expect(error.stack).not.toContain('timeout of 100ms exceeded')
  })
})
