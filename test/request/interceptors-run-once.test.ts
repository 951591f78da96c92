// I7: the app's interceptors and transforms see each call once. A replay sends the same content.
import { Readable } from 'node:stream'
import axios, { type InternalAxiosRequestConfig } from 'axios'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

it('runs the app’s interceptors and transforms once for a replayed request', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  const seen: string[] = []
  function note<Value>(what: string): (value: Value) => Value {
    return (value) => {
      seen.push(what)
      return value
    }
  }
  const api = axios.create({
    baseURL: apiOrigin,
    adapter: browser.adapter,
    transformRequest: [note('transform request'), (data) => JSON.stringify(data)],
    transformResponse: [note('transform response'), (data) => JSON.parse(data)]
  })
  api.interceptors.request.use(note('request interceptor registered before'))
  auth.attach(api)
  api.interceptors.request.use(note('request interceptor registered after'))
  api.interceptors.response.use(note('response'), (error) => Promise.reject(note('error')(error)))
  await auth.login(ada)
  server.revokeAccessTokens()
  await api.get('/me')
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 200])
  expect(seen).toEqual([
    'request interceptor registered after',
    'request interceptor registered before',
    'transform request',
    'transform response',
    'response'
  ])
})

it('replays the same method, headers and body', async () => {
  const { auth, server } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const sent: unknown[] = []
  const inner = auth.axios.defaults.adapter
  await auth.axios
    .post(
      '/notes?page=2',
      { text: 'ünïcode "quoted"' },
      {
        headers: { 'X-Request': '7' },
        adapter: async (config) => {
          const { Authorization: _, ...headers } = config.headers.toJSON()
          sent.push({ method: config.method, url: config.url, data: config.data, headers })
          return (inner as (config: InternalAxiosRequestConfig) => never)(config)
        }
      }
    )
    .catch(() => {})
  expect(sent).toHaveLength(2)
  expect(sent[1]).toEqual(sent[0])
  expect(sent[0]).toMatchObject({
    data: '{"text":"ünïcode \\"quoted\\""}',
    headers: { 'X-Request': '7' }
  })
})

it.each([
  ['a ReadableStream', () => new ReadableStream()],
  ['a stream of Node', () => Readable.from(['text'])],
  ['a body of the form-data package', () => axios.toFormData({ text: 'x' })],
  ['an async iterable', () => ({ async *[Symbol.asyncIterator]() {} })]
])(
  'refreshes and rejects with ERR_AUTH_BODY_SPENT instead of replaying %s',
  async (_, createBody) => {
    const { auth, server, callsTo } = setUpClient()
    await auth.login(ada)
    server.revokeAccessTokens()
    const transformRequest = (data: unknown) => data
    const sending = auth.axios.post('/notes', createBody(), { transformRequest })
    await expect(sending).rejects.toMatchObject({
      name: 'AuthError',
      code: 'ERR_AUTH_BODY_SPENT',
      status: 401
    })
    expect(callsTo('protected')).toHaveLength(1)
    expect(callsTo('refresh')).toHaveLength(1)
    expect((await auth.axios.post('/notes', createBody(), { transformRequest })).status).toBe(200)
  }
)

it('rejects with the 401 to a stream if the session has ended', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  server.endSessions()
  await expect(
    auth.axios.post('/notes', new ReadableStream(), { transformRequest: (data) => data })
  ).rejects.toMatchObject({ response: { status: 401 } })
  expect(callsTo('protected')).toHaveLength(1)
})

it('sends a failed request again when the app re-sends its config', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/me', {
    kind: 'answer',
    response: { status: 500, headers: [], setCookies: [], body: '' }
  })
  const error: { config: InternalAxiosRequestConfig } = await auth.axios
    .get('/me')
    .catch((reason) => reason)
  server.revokeAccessTokens()
  expect((await auth.axios(error.config)).status).toBe(200)
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 200])
})

it('accepts the config of a cancelled request again', async () => {
  const { auth } = setUpClient()
  await auth.login(ada)
  const cancelled = AbortSignal.abort()
  const first = await auth.axios.get('/me', { signal: cancelled }).catch((reason) => reason)
  const { signal: _, ...again } = first.config
  expect((await auth.axios(again)).status).toBe(200)
})

it('returns a 401 as a response if validateStatus accepts it', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const { status } = await auth.axios.get('/me', { validateStatus: () => true })
  expect(status).toBe(200)
  server.endSessions()
  expect((await auth.axios.get('/me', { validateStatus: () => true })).status).toBe(401)
  expect(callsTo('refresh').length).toBeLessThanOrEqual(2)
})

it('keeps the Authorization header of an axios call, and does not refresh on its refusal', async () => {
  const { auth, callsTo, browser } = setUpClient()
  await auth.login(ada)
  await expect(
    auth.axios.get('/me', { headers: { authorization: 'Basic eDp5' } })
  ).rejects.toMatchObject({
    response: { status: 401 }
  })
  expect(browser.requests.at(-1)?.headers).toMatchObject({ authorization: 'Basic eDp5' })
  await expect(auth.axios.get('/me', { headers: { Authorization: false } })).rejects.toMatchObject({
    response: { status: 401 }
  })
  expect(callsTo('refresh')).toHaveLength(0)
})

it.each([
  ['adapter: null', { adapter: null as never }],
  ['auth: null', { auth: null as never }]
])('accepts a config that axios accepts: %s', async (_, config) => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const defaultAdapter = axios.defaults.adapter
  axios.defaults.adapter = browser.adapter
  try {
    expect((await auth.axios.get('/me', config)).status).toBe(200)
  } finally {
    axios.defaults.adapter = defaultAdapter as never
  }
})
