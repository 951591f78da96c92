// I6 for network errors: printing an error or a response of a request never shows the token.
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig } from 'axios'
import { describe, expect, it } from 'vitest'
import type { Respond } from '../support/setups/recording-server.ts'
import { setUpReplay } from '../support/tables/replay-cases.ts'

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

// The last row succeeds, because printing a response must not show the token either.
const failures: readonly [string, string, (() => AxiosRequestConfig)?][] = [
  ['a 401', '/401'],
  ['a 403', '/403'],
  ['a 500', '/500'],
  ['a broken connection', '/destroy'],
  ['a truncated response', '/break-off'],
  ['an endless redirect', '/redirect'],
  ['a timeout', '/hang', () => ({ timeout: 20 })],
  ['an abort', '/hang', () => ({ signal: AbortSignal.timeout(20) })],
  ['a cancel token', '/hang', () => ({ cancelToken: cancelSoon() })],
  ['a response that is too long', '/text', () => ({ maxContentLength: 0 })],
  ['a body that is too long', '/text', () => ({ method: 'post', data: 'xx', maxBodyLength: 1 })],
  [
    'a stream that is too long',
    '/text',
    () => ({ method: 'post', data: Readable.from(['xx']), maxBodyLength: 1, maxRedirects: 0 })
  ],
  [
    'a response that is not JSON',
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
  ['an unreachable proxy', '/text', () => ({ proxy: { host: 'localhost', port: 9 } })],
  ['an invalid URL', 'http://['],
  ['an unknown adapter', '/text', () => ({ adapter: 'none' as 'http' })],
  ['success', '/200']
]

function cancelSoon() {
  const source = axios.CancelToken.source()
  AbortSignal.timeout(20).addEventListener('abort', () => source.cancel('enough'))
  return source.token
}

describe.each(['http', 'fetch'] as const)('a failed request over %s', (adapter) => {
  it.each(failures)('prints no token for %s', async (_, url, config = () => ({})) => {
    const { auth } = await setUpReplay(adapter, respond)
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

  it('hides the Node request from printing, but keeps it readable', async () => {
    const { auth, url } = await setUpReplay(adapter, respond)
    const error = await auth.axios.get(`${url}/500`).catch((reason) => reason)
    for (const carrier of [error, error.response]) {
      expect(carrier.request).toBeTypeOf('object')
      expect(Object.keys(carrier)).not.toContain('request')
    }
  })
})

it('prints no token of the client, hidden properties included', async () => {
  const { auth, bare } = await setUpReplay('http', respond)
  auth.attach(bare)
  await auth.axios.get('/200')
  const token = await auth.getAccessToken()
  const seen = inspect([auth, bare, Object.values(auth)], { depth: Infinity, showHidden: true })
  expect(seen.length).toBeGreaterThan(1_000)
  expect(seen).not.toContain(token)
  expect(JSON.stringify([auth, auth.getState(), auth.getRefreshStatus()])).not.toContain(token)
})

// axios cannot serialise the error of a cancel token, because its config refers to itself.
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return ''
  }
}
