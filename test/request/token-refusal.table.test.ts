// Token refusal: a 401 with its challenge, or the rules of the contract.
import type { AnswerRules, AuthClientOptions, ReceivedAnswer } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createDecide } from '../../src/lib/answer-rules.ts'
import { createWaits } from '../../src/lib/time.ts'
import { createTokenRefusal } from '../../src/request/token-refusal.ts'
import { readContract } from '../../src/resolve-contract.ts'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'
import { pairs } from '../support/tier.ts'

afterEach(() => void vi.unstubAllGlobals())

interface Transport {
  readonly name: string
  send(setup: ClientSetup, path: string): Promise<number>
}

const transports: readonly Transport[] = [
  {
    name: 'axios',
    send: ({ auth }, path) =>
      auth.axios.get(path).then(
        ({ status }) => status,
        (error) => error.response.status
      )
  },
  {
    name: 'axios with a validateStatus that lets everything through',
    send: async ({ auth }, path) =>
      (await auth.axios.get(path, { validateStatus: () => true })).status
  },
  { name: 'fetch', send: async ({ auth }, path) => (await auth.fetch(apiOrigin + path)).status }
]

function answer(status: number, challenge?: string, body = ''): WireResponse {
  const headers: [string, string][] =
    challenge === undefined ? [] : [['WWW-Authenticate', challenge]]
  return { status, headers, setCookies: [], body }
}

function refusedBy(accessToken: AnswerRules): AuthClientOptions {
  return { contract: { refusals: { accessToken } } }
}

async function setUp(options: AuthClientOptions, response: WireResponse): Promise<ClientSetup> {
  const setup = setUpClient(options)
  vi.stubGlobal('fetch', setup.browser.fetch)
  await setup.auth.login(ada)
  setup.browser.intercept('/me', { kind: 'answer', response })
  return setup
}

const challenges = {
  none: undefined,
  'no error': 'Bearer realm="api"',
  invalid_token: 'Bearer realm="api", error="invalid_token"',
  'invalid_token in a list':
    'Basic realm="api", Bearer error=invalid_token , error_description="a, b"',
  insufficient_scope: 'Bearer error="insufficient_scope", scope="admin"',
  'insufficient_scope in a list': 'Basic realm="a, b", bearer scope="x", ERROR=insufficient_scope',
  'insufficient_scope in a string': 'Bearer error_description="error=insufficient_scope"',
  'insufficient_scope, malformed': 'Bearer error="insufficient_scope',
  'another scheme': 'Basic realm="api"'
} as const
const insufficient = ['insufficient_scope', 'insufficient_scope in a list']
const statuses = [400, 401, 402, 403, 404, 407, 418, 419, 500, 503]

const matrix = statuses.flatMap((status) =>
  Object.entries(challenges).map(([name, challenge]) => {
    const refreshes = status === 401 && !insufficient.includes(name)
    return { status, name, challenge, does: refreshes ? 'refreshes' : 'refreshes nothing' }
  })
)

it.each(matrix)(
  '$does on $status with $name, by the refusal rule',
  async ({ status, challenge, does }) => {
    const contract = readContract({}, 'contract')
    const decide = createDecide(createWaits({ setTimer: () => () => {} }), 1)
    const { mayRefuse, refuses } = createTokenRefusal({ contract, decide })
    const text = async () => ''
    expect(await refuses({ status, header: () => challenge, text })).toBe(does === 'refreshes')
    expect(mayRefuse(status)).toBe(status === 401)
  }
)

// The decision sees neither transport nor status text, so each transport meets each challenge.
it.each(pairs(matrix, transports, ({ name, does }) => name + does))(
  '$does on $status with $name, over $transport.name',
  async ({ status, challenge, does, transport }) => {
    const setup = await setUp({}, answer(status, challenge))
    const refreshes = does === 'refreshes'
    expect(await transport.send(setup, '/me')).toBe(refreshes ? 200 : status)
    expect(setup.callsTo('refresh')).toHaveLength(refreshes ? 1 : 0)
  }
)

describe.each(transports)('a refusal over $name', ({ send }) => {
  const inItsOwnWords = answer(403, undefined, '{"message":"Invalid or expired token"}')

  const inText = refusedBy(
    async ({ status, text }: ReceivedAnswer) =>
      status === 403 && (await text()).includes('expired token')
  )

  it('refreshes if the function in refusals.accessToken returns true', async () => {
    const setup = await setUp(inText, inItsOwnWords)
    expect(await send(setup, '/me')).toBe(200)
    expect(setup.callsTo('refresh')).toHaveLength(1)
  })

  it('does not refresh if the function in refusals.accessToken returns false, and leaves the body readable', async () => {
    for (const response of [
      answer(401, 'Bearer error="invalid_token"'),
      answer(403, undefined, '{"message":"Not yours"}')
    ]) {
      const setup = await setUp(inText, response)
      expect(await send(setup, '/me')).toBe(response.status)
      expect(setup.callsTo('refresh')).toHaveLength(0)
    }
    const setup = await setUp(inText, answer(403, undefined, '{"message":"Not yours"}'))
    const { data } = await setup.auth.axios.get('/me', { validateStatus: null })
    expect(data).toEqual({ message: 'Not yours' })
    const next = { kind: 'answer', response: answer(403, undefined, 'Not yours') } as const
    setup.browser.intercept('/me', next)
    expect(await (await setup.auth.fetch(`${apiOrigin}/me`)).text()).toBe('Not yours')
  })

  it('does not refresh on insufficient_scope, even if the function in refusals.accessToken returns true', async () => {
    const setup = await setUp(
      refusedBy(() => true),
      answer(403, challenges.insufficient_scope)
    )
    expect(await send(setup, '/me')).toBe(403)
    expect(setup.callsTo('refresh')).toHaveLength(0)
  })

  it('calls the function in refusals.accessToken once for each answer, of any status', async () => {
    const asked: unknown[] = []
    const options = refusedBy(({ status, challenges: list }) => {
      asked.push([status, list.map(({ scheme, parameters }) => [scheme, ...parameters])])
      return false
    })
    const statuses = [200, 204, 304, 399, 400, 401, 499, 500, 503]
    for (const status of statuses) {
      const setup = await setUp(options, answer(status, 'Bearer error="invalid_token"'))
      await send(setup, '/me')
    }
    const list = [['bearer', ['error', 'invalid_token']]]
    expect(asked).toEqual(statuses.map((status) => [status, list]))
  })

  it('applies the default if the function in refusals.accessToken throws, and reports the error', async () => {
    const thrown: unknown[] = []
    const catchIt = (error: unknown) => thrown.push(error)
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', catchIt)
    try {
      for (const fails of [
        () => {
          throw new Error('in the app')
        },
        () => Promise.reject(new Error('in the app'))
      ]) {
        const refused = await setUp(refusedBy(fails), answer(401))
        expect(await send(refused, '/me')).toBe(200)
        const forbidden = await setUp(refusedBy(fails), answer(403))
        expect(await send(forbidden, '/me')).toBe(403)
        expect(forbidden.callsTo('refresh')).toHaveLength(0)
        await forbidden.idle()
      }
    } finally {
      process.off('uncaughtException', catchIt)
      for (const other of others) process.on('uncaughtException', other)
    }
    // Twice for the answers and their replays that are 401s, and twice for the 403s.
    expect(thrown).toEqual(Array(6).fill(new Error('in the app')))
  })

  it('does not refresh on a 401 from an auth endpoint', async () => {
    const contract = { logout: { method: 'GET', path: '/logout' } } as const
    const setup = await setUp({ contract }, answer(200))
    setup.browser.intercept('/logout', { kind: 'answer', response: answer(401) })
    expect(await send(setup, '/logout')).toBe(401)
    expect(setup.callsTo('refresh')).toHaveLength(0)
  })

  it('refreshes on a 401 from the path of an auth endpoint with another method', async () => {
    const contract = { logout: { method: 'DELETE', path: '/me' } } as const
    const setup = await setUp({ contract }, answer(401))
    expect(await send(setup, '/me')).toBe(200)
    expect(setup.callsTo('refresh')).toHaveLength(1)
  })
})

describe('text() in a function of refusals.accessToken', () => {
  async function textOf(data: unknown): Promise<string | undefined> {
    let seen: string | undefined
    const { auth } = setUpClient(
      refusedBy(async ({ text }) => {
        seen = await text()
        return false
      })
    )
    await auth.login(ada)
    await auth.axios.get('/me', {
      validateStatus: null,
      transformResponse: (it) => it,
      adapter: async (config) => ({ status: 403, statusText: '', headers: {}, data, config })
    })
    return seen
  }

  it.each([
    ['text', 'expired', 'expired'],
    ['an object of a mock adapter', { message: 'expired' }, '{"message":"expired"}'],
    ['an array of a mock adapter', ['expired'], '["expired"]'],
    ['undefined', undefined, ''],
    ['null', null, ''],
    ['bytes', new TextEncoder().encode('expired'), 'expired'],
    ['an array buffer', new TextEncoder().encode('expired').buffer, 'expired'],
    ['a buffer', Buffer.from('expired'), 'expired'],
    ['a blob', new Blob(['expired']), 'expired'],
    ['bytes of more than 1 MiB', new Uint8Array(2 ** 20 + 1), ''],
    ['a blob of more than 1 MiB', new Blob([new Uint8Array(2 ** 20 + 1)]), ''],
    ['a URL', new URL('https://a.example'), ''],
    ['a stream', new ReadableStream(), '']
  ])('reads %s', async (_, data, expected) => {
    expect(await textOf(data)).toBe(expected)
  })
})

it('releases a caller that cancels while the function in refusals.accessToken is pending', async () => {
  const { auth, browser, callsTo } = setUpClient(refusedBy(() => new Promise(() => {})))
  await auth.login(ada)
  browser.intercept('/me', { kind: 'answer', response: answer(403) })
  const canceller = new AbortController()
  const sending = auth.axios.get('/me', { signal: canceller.signal })
  await browser.idle()
  canceller.abort()
  await expect(sending).rejects.toMatchObject({ code: 'ERR_CANCELED' })
  expect(callsTo('refresh')).toHaveLength(0)
})
