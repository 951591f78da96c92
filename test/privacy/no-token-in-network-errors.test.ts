// I6 for the errors that pass through: whatever goes wrong on the wire, nothing that is printed of it holds the token.
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { describe, expect, it } from 'vitest'
import { arrange } from '../support/tables/replay-cases.ts'
import type { Respond } from '../support/worlds/recording-server.ts'

const everything = { depth: Infinity } as const

const respond: Respond = ({ url }, response) => {
  switch (url) {
    case '/hang':
      return
    case '/destroy':
      response.destroy()
      return
    case '/break-off':
      response.writeHead(200, { 'Content-Length': 10 })
      response.write('x', () => response.destroy())
      return
    case '/redirect':
      response.writeHead(302, { Location: '/redirect' }).end()
      return
    case '/text':
      response.end('{')
      return
    default:
      response
        .writeHead(Number(url.slice(1)), { Authorization: 'Bearer token-2' })
        .end('{"error":"no"}')
  }
}

// The last one goes well: what a response prints counts too.
const failures: readonly [string, string, (() => AxiosRequestConfig)?][] = [
  ['a refusal', '/401'],
  ['a refusal that stands', '/403'],
  ['an answer that is an error', '/500'],
  ['a broken connection', '/destroy'],
  ['an answer that breaks off', '/break-off'],
  ['a redirect without end', '/redirect'],
  ['a timeout', '/hang', () => ({ timeout: 20 })],
  ['an abort', '/hang', () => ({ signal: AbortSignal.timeout(20) })],
  ['a cancel token', '/hang', () => ({ cancelToken: cancelSoon() })],
  ['an answer that is too long', '/text', () => ({ maxContentLength: 0 })],
  ['a body that is too long', '/text', () => ({ method: 'post', data: 'xx', maxBodyLength: 1 })],
  [
    'a stream that is too long',
    '/text',
    () => ({ method: 'post', data: Readable.from(['xx']), maxBodyLength: 1, maxRedirects: 0 })
  ],
  [
    'an answer that is no JSON',
    '/text',
    () => ({ responseType: 'json', transitional: { silentJSONParsing: false } })
  ],
  [
    'a transform that throws',
    '/text',
    () => ({
      transformResponse() {
        throw new Error('in a transform')
      }
    })
  ],
  ['a proxy that is not there', '/text', () => ({ proxy: { host: 'localhost', port: 9 } })],
  ['a URL that is none', 'http://['],
  ['an adapter that is none', '/text', () => ({ adapter: 'none' as 'http' })],
  ['success', '/200']
]

function cancelSoon() {
  const source = axios.CancelToken.source()
  AbortSignal.timeout(20).addEventListener('abort', () => source.cancel('enough'))
  return source.token
}

describe.each(['http', 'fetch'] as const)('over %s', (adapter) => {
  it.each(failures)('prints no token: %s', async (_, url, config = () => ({})) => {
    const { auth } = await arrange(adapter, respond)
    const tokens = [await auth.getAccessToken()]
    const outcome = await auth.axios.request({ url, ...config() }).catch((error) => error)
    tokens.push(await auth.getAccessToken())
    const { cause, response, stack, message } = outcome
    const parts = [outcome, cause, response, outcome.config, response?.config, outcome.headers]
    const printed = [
      stack,
      message,
      ...parts.flatMap((part) => [inspect(part, everything), stringify(part)])
    ].join('\n')
    expect(printed.length).toBeGreaterThan(100)
    for (const token of tokens) expect(printed).not.toContain(token)
    expect(outcome.config?.headers?.has('Authorization') ?? false).toBe(false)
  })

  it('hides the request of Node from what is printed, and leaves it to who asks for it', async () => {
    const { auth, url } = await arrange(adapter, respond)
    const error = await auth.axios.get(`${url}/500`).catch((reason) => reason)
    for (const carrier of [error, error.response]) {
      expect(carrier.request).toBeTypeOf('object')
      expect(Object.keys(carrier)).not.toContain('request')
    }
  })
})

it('prints no token of the client itself, to the last hidden property', async () => {
  const { auth, bare } = await arrange('http', respond)
  auth.attach(bare)
  await auth.axios.get('/200')
  const token = await auth.getAccessToken()
  const seen = inspect([auth, bare, Object.values(auth)], { depth: Infinity, showHidden: true })
  expect(seen.length).toBeGreaterThan(1_000)
  expect(seen).not.toContain(token)
  expect(JSON.stringify([auth, auth.getState(), auth.getRefreshStatus()])).not.toContain(token)
})

// axios cannot make JSON of the error of a cancel token, which holds itself by way of its config.
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return ''
  }
}
