// Streaming responses: their errors, their sockets, and their `text()`.
import { Agent } from 'node:http'
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Respond, startRecordingServer } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

const streamed = { responseType: 'stream' } as const
const flow: Respond = (_, response) => {
  response.writeHead(200).write('x'.repeat(100))
}

/** Reads a stream until it fails, and returns the error. */
async function failureOf(data: AsyncIterable<unknown>, onChunk = () => {}): Promise<unknown> {
  try {
    for await (const _ of data) onChunk()
  } catch (error) {
    return error
  }
  throw new Error('the stream ended well')
}

describe.each(['http', 'fetch'] as const)('over %s, the error of a stream', (adapter) => {
  it('holds no token when the stream exceeds maxContentLength', async () => {
    const { auth, url } = await setUpReplay(adapter, flow)
    const { data } = await auth.axios.get(url, { ...streamed, maxContentLength: 10 })
    const error = await failureOf(data)
    expect(error).toMatchObject({ message: 'maxContentLength size of 10 exceeded' })
    expect(JSON.stringify(error)).not.toContain('token-1')
    expect(inspect(error, { depth: 10 })).not.toContain('token-1')
  })

  it('holds no token when the caller aborts the stream', async () => {
    const { auth, url } = await setUpReplay(adapter, flow)
    const canceller = new AbortController()
    const { data } = await auth.axios.get(url, { ...streamed, signal: canceller.signal })
    const error = await failureOf(data, () => canceller.abort())
    expect(axios.isCancel(error)).toBe(true)
    expect(JSON.stringify(error)).not.toContain('token-1')
    expect(inspect(error, { depth: 10 })).not.toContain('token-1')
  })
})

it.each<[string, AxiosRequestConfig]>([
  ['no option', {}],
  ['onDownloadProgress', { onDownloadProgress() {} }],
  ['maxContentLength', { maxContentLength: 1_000_000 }]
])('frees the connection of a refused streaming response, with %s', async (_, options) => {
  const { auth, url } = await setUpReplay('http', ({ headers }, response) => {
    const isFirst = headers.some(([, value]) => value === 'Bearer token-1')
    if (isFirst) response.writeHead(401).write('x'.repeat(1_000))
    else response.end('{}')
  })
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => httpAgent.destroy())
  const signal = AbortSignal.timeout(2_000)
  const answer = await auth.axios
    .get(url, { ...streamed, ...options, httpAgent, signal })
    .catch((error) => error)
  expect(answer.status).toBe(200)
  answer.data.destroy()
})

describe('a function in refusals.accessToken', () => {
  async function setUpPredicate() {
    const { url } = await startRecordingServer((_, response) =>
      response.writeHead(403).end('{"why":"no"}')
    )
    const outcomes: unknown[] = []
    const auth = createAuthClient({
      baseURL: url,
      contract: {
        refresh: async () => ({ access_token: 'token' }),
        refusals: {
          async accessToken({ status, text }) {
            if (status !== 403) return status === 401
            // Caught only for this test. Uncaught, it would end the process.
            outcomes.push(await text().catch((error: Error) => error))
            return false
          }
        }
      }
    })
    onTestFinished(auth.dispose)
    await auth.login(async () => ({ access_token: 'token' }))
    return { auth, outcomes }
  }

  it.each<[string, AxiosRequestConfig]>([
    ['a stream', streamed],
    ['a stream with progress', { ...streamed, onDownloadProgress() {} }],
    ['a stream with a limit', { ...streamed, maxContentLength: 1_000 }]
  ])('gets an empty text if the body is %s', async (_, options) => {
    const { auth, outcomes } = await setUpPredicate()
    const error = await auth.axios.get('/', options).catch((reason) => reason)
    error.response.data.destroy()
    expect(outcomes).toEqual([''])
  })
})

it('resolves a stream if the adapter of the app has replaced the headers', async () => {
  const { auth, url } = await setUpReplay('http', (_, response) => response.end('{}'))
  const { status } = await auth.axios.get(url, {
    ...streamed,
    adapter(config) {
      Object.assign(config, { headers: { ...config.headers } })
      return axios.getAdapter('http')(config)
    }
  })
  expect(status).toBe(200)
})
