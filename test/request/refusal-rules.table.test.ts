// Refusal rules: answers of any status that refuse the access token by the contract.
import type { AxiosRequestConfig, ResponseType } from 'axios'
import { type AuthContract, createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { type Respond, startRecordingServer } from '../support/setups/recording-server.ts'
import { axiosTransports, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'
import { uncaughtErrors } from '../support/uncaught-errors.ts'

const first = 'Bearer token-1'

interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Case {
  readonly name: string
  readonly refusals: AuthContract['refusals']
  /** The answer to the first token. Other tokens get 200 and `{"ok":true}`. */
  readonly answer: Answer
  readonly isRefusal: boolean
}

const graphql: AuthContract['refusals'] = {
  accessToken: [401, { status: 200, body: { 'errors.0.extensions.code': 'UNAUTHENTICATED' } }]
}
const codeInBody: AuthContract['refusals'] = { accessToken: { body: { code: 401 } } }

const cases: readonly Case[] = [
  {
    name: 'GraphQL’s UNAUTHENTICATED in a 200',
    refusals: graphql,
    answer: { status: 200, body: '{"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}]}' },
    isRefusal: true
  },
  {
    name: 'another GraphQL error in a 200',
    refusals: graphql,
    answer: { status: 200, body: '{"errors":[{"extensions":{"code":"FORBIDDEN"}}]}' },
    isRefusal: false
  },
  {
    name: 'the code 401 in a 200',
    refusals: codeInBody,
    answer: { status: 200, body: '{"code":401,"msg":"token expired"}' },
    isRefusal: true
  },
  {
    name: 'the code "401" as a text in a 200',
    refusals: codeInBody,
    answer: { status: 200, body: '{"code":"401"}' },
    isRefusal: true
  },
  {
    name: 'a 401 that the rules do not name',
    refusals: { accessToken: 419 },
    answer: { status: 401 },
    isRefusal: false
  },
  {
    name: 'a 419 that the rules name',
    refusals: { accessToken: [401, 419] },
    answer: { status: 419 },
    isRefusal: true
  },
  {
    name: 'a 403 with the text of an expired token',
    refusals: { accessToken: [401, { status: 403, text: 'expired token' }] },
    answer: { status: 403, body: '{"message":"Invalid or expired token"}' },
    isRefusal: true
  },
  {
    name: 'a 403 with another text',
    refusals: { accessToken: [401, { status: 403, text: 'expired token' }] },
    answer: { status: 403, body: '{"message":"Not yours"}' },
    isRefusal: false
  },
  {
    name: 'a 500 with a text',
    refusals: { accessToken: { text: 'TokenExpiredError' } },
    answer: { status: 500, body: 'TokenExpiredError: jwt expired' },
    isRefusal: true
  },
  {
    name: 'a 403 with a challenge',
    refusals: { accessToken: { status: 403, challenge: { scheme: 'Bearer', error: 'expired' } } },
    answer: { status: 403, headers: { 'WWW-Authenticate': 'Bearer error="expired"' } },
    isRefusal: true
  },
  {
    name: 'a 401 that an unrelated rule names',
    refusals: { unrelated: { text: 'wrong password' } },
    answer: { status: 401, body: '{"message":"wrong password"}' },
    isRefusal: false
  },
  {
    name: 'insufficient_scope, if an unrelated rule replaces the default',
    refusals: { unrelated: { text: 'wrong password' } },
    answer: { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' } },
    isRefusal: true
  },
  {
    name: 'a function that reads JSON',
    refusals: { accessToken: async ({ json }) => Object(await json()).state === 'anonymous' },
    answer: { status: 200, body: '{"state":"anonymous"}' },
    isRefusal: true
  }
]

async function setUp(refusals: AuthContract['refusals'], respond: Respond) {
  const server = await startRecordingServer(respond)
  const clock = createManualClock()
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({
    baseURL: server.url,
    restore: 'never',
    contract: { refresh: issue, refusals: refusals ?? {} },
    platform: clock.platform
  })
  onTestFinished(auth.dispose)
  const names: string[] = []
  auth.on('reissue-refused', ({ refusal }) => names.push(refusal))
  auth.on('reissued', () => names.push('reissued'))
  await auth.login(issue)
  return { auth, ...server, clock, names, refreshes: () => issued - 1 }
}

function answerFirst({ status, body = '', headers = {} }: Answer): Respond {
  return (request, response) => {
    const isFirst = request.headers.some(([, value]) => value === first)
    if (isFirst) response.writeHead(status, headers).end(body)
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}')
  }
}

it.each(pairs(cases, transports, ({ isRefusal }) => isRefusal))(
  'refreshes ($isRefusal) on $name, over $transport.name',
  async ({ refusals, answer, isRefusal, transport }) => {
    const { auth, requests, refreshes } = await setUp(refusals, answerFirst(answer))
    const received = await transport.send(auth, { url: '/graphql', method: 'POST', body: '{}' })
    expect(refreshes()).toBe(isRefusal ? 1 : 0)
    expect(requests).toHaveLength(isRefusal ? 2 : 1)
    expect(received.status).toBe(isRefusal ? 200 : answer.status)
    if (isRefusal) expect(received.body).toEqual({ ok: true })
    else if (answer.body) expect(JSON.stringify(received.body)).toContain(answer.body.slice(2, 9))
  }
)

const responseTypes: readonly ResponseType[] = ['json', 'text', 'arraybuffer', 'blob']

it.each(
  pairs(
    responseTypes.map((responseType) => ({ responseType })),
    axiosTransports.filter(({ redirects }) => redirects === 'followed')
  )
)(
  'reads a refusal in a 200 with responseType $responseType, over $transport.name',
  async ({ responseType, transport }) => {
    const { auth, refreshes } = await setUp(
      codeInBody,
      answerFirst({ status: 200, body: '{"code":401}' })
    )
    const options: AxiosRequestConfig = { responseType }
    expect(await transport.send(auth, { url: '/' }, options)).toMatchObject({ status: 200 })
    expect(refreshes()).toBe(1)
  }
)

it('does not read a stream of axios, which then matches no rule about the body', async () => {
  const { auth, refreshes } = await setUp(
    codeInBody,
    answerFirst({ status: 200, body: '{"code":401}' })
  )
  const { data } = await auth.axios.get('/', { responseType: 'stream' })
  let text = ''
  for await (const chunk of data) text += String(chunk)
  expect(text).toBe('{"code":401}')
  expect(refreshes()).toBe(0)
})

describe('a body that auth.fetch does not read for a rule', () => {
  const rule: AuthContract['refusals'] = { accessToken: { text: 'expired' } }

  it('is longer than 1 MiB by its Content-Length', async () => {
    const body = 'x'.repeat(1_100_000)
    const { auth, refreshes } = await setUp(
      rule,
      answerFirst({ status: 200, body: `${body}expired` })
    )
    const response = await auth.fetch('/')
    expect((await response.text()).length).toBe(body.length + 7)
    expect(refreshes()).toBe(0)
  })

  it('is longer than 1 MiB, in chunks', async () => {
    const chunk = 'x'.repeat(600_000)
    const { auth, refreshes } = await setUp(rule, (_, response) => {
      response.writeHead(200)
      response.write(chunk)
      response.write(chunk)
      response.end('expired')
    })
    const response = await auth.fetch('/')
    expect((await response.text()).length).toBe(2 * chunk.length + 7)
    expect(refreshes()).toBe(0)
  })

  it('has no end within 5 seconds', async () => {
    const { auth, clock, refreshes } = await setUp(rule, (_, response) =>
      response.writeHead(200).write('expi')
    )
    const sending = auth.fetch('/')
    await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1))
    clock.tick(5_000)
    const reader = (await sending).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader?.read()).toEqual({ done: false, value: 'expi' })
    expect(refreshes()).toBe(0)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('is a stream of events', async () => {
    const { auth } = await setUp(rule, (_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: expired\n\n')
    )
    const reader = (await auth.fetch('/')).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader?.read()).toEqual({ done: false, value: 'data: expired\n\n' })
  })

  it('is dropped from reading when the client is disposed', async () => {
    const { auth, clock } = await setUp(rule, (_, response) => response.writeHead(200).write('e'))
    const sending = auth.fetch('/')
    await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1))
    auth.dispose()
    expect((await sending).status).toBe(200)
  })

  it('releases the caller that aborts', async () => {
    const { auth, clock } = await setUp(rule, (_, response) => response.writeHead(200).write('e'))
    const canceller = new AbortController()
    const sending = auth.fetch('/', { signal: canceller.signal })
    await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1))
    canceller.abort('enough')
    await expect(sending).rejects.toBe('enough')
  })
})

describe.each(transports)('an answer over $name', (transport) => {
  it('does not have its re-issued token adopted if the rules call it a refusal', async () => {
    const { auth, names } = await setUp(codeInBody, (_, response) =>
      response.writeHead(200, { Authorization: 'Bearer token-9' }).end('{"code":401}')
    )
    await transport.send(auth, { url: '/' })
    // The replay is refused too.
    expect(names).toEqual(['refused-request', 'refused-request'])
    expect(await auth.getAccessToken()).toBe('token-2')
  })

  it('has its re-issued token adopted if the rules do not call it a refusal', async () => {
    const { auth, names } = await setUp(codeInBody, (_, response) =>
      response.writeHead(200, { Authorization: 'Bearer token-9' }).end('{"code":200}')
    )
    await transport.send(auth, { url: '/' })
    expect(names).toEqual(['reissued'])
  })

  it('causes no refresh if it comes from an auth endpoint', async () => {
    const { auth, refreshes } = await setUp(
      codeInBody,
      answerFirst({ status: 200, body: '{"code":401}' })
    )
    expect(await transport.send(auth, { url: '/login', method: 'POST' })).toMatchObject({
      body: { code: 401 }
    })
    expect(refreshes()).toBe(0)
  })

  it.runIf(transport.redirects === 'followed')(
    'causes no refresh if it comes from another origin after a redirect',
    async () => {
      const evil = await startRecordingServer((_, response) => response.end('{"code":401}'))
      const { auth, refreshes } = await setUp(codeInBody, (_, response) =>
        response.writeHead(302, { Location: evil.url }).end()
      )
      expect(await transport.send(auth, { url: '/' })).toMatchObject({ body: { code: 401 } })
      expect(refreshes()).toBe(0)
    }
  )
})

it.each(['accessToken', 'unrelated'] as const)(
  'applies the default if the function for %s throws, and reports the error',
  async (field) => {
    const failure = new Error('in the app')
    const fails = () => {
      throw failure
    }
    const errors = uncaughtErrors()
    for (const [status, expected] of [
      [401, 1],
      [200, 0]
    ] as const) {
      const { auth, refreshes } = await setUp({ [field]: fails }, answerFirst({ status }))
      await auth.fetch('/')
      expect(refreshes()).toBe(expected)
    }
    await new Promise((resolve) => setImmediate(resolve))
    // The function for `accessToken` decides about each answer: the 401, its replay, and the 200.
    expect(errors).toEqual(Array(field === 'accessToken' ? 3 : 1).fill(failure))
  }
)

it('reads no body of an accepted answer by the default rules', async () => {
  const { auth } = await setUp(undefined, (_, response) => response.end('{}'))
  const clone = vi.spyOn(Response.prototype, 'clone')
  await auth.fetch('/')
  expect(clone).not.toHaveBeenCalled()
  clone.mockRestore()
})
