// Replay cases: requests that an app sends with axios. Each is refused and replayed, and the replay
// must equal the first request.
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios'
import { type AuthClient, createAuthClient } from 'everbearer'
import { expect, onTestFinished } from 'vitest'
import {
  type RecordedRequest,
  type RecordingServer,
  type Respond,
  refuseFirstToken,
  startRecordingServer
} from '../setups/recording-server.ts'

/** `config` makes a new config for each call, because some bodies can be sent only once. */
export type ReplayCase = readonly [name: string, config: () => AxiosRequestConfig]

const post = (data: unknown, rest: AxiosRequestConfig = {}): AxiosRequestConfig => ({
  method: 'post',
  data,
  ...rest
})
const bytes = () => new Uint8Array([0, 1, 127, 128, 255, 10, 13])

function form(): FormData {
  const data = new FormData()
  data.append('text', 'ünïcode\r\n"quoted"')
  data.append('again', '1')
  data.append('again', '2')
  data.append('file', new File([bytes()], 'a "file".bin', { type: 'application/octet-stream' }))
  return data
}

/** The cases as rows for `pairs`. */
export function toRows(
  cases: readonly ReplayCase[]
): { readonly name: string; readonly config: ReplayCase[1] }[] {
  return cases.map(([name, config]) => ({ name, config }))
}

export const bodies: readonly ReplayCase[] = [
  ['no body', () => ({})],
  ['no body, by POST', () => post(undefined)],
  [
    'a JSON object',
    () => post({ text: 'ünïcode "quoted" \u2028', nested: { list: [1, null, true] } })
  ],
  ['a JSON list', () => post([1, 'two', { three: 3 }])],
  [
    'a JSON string, which is not encoded twice',
    () => post('{"text":"\\"quoted\\""}', { headers: { 'Content-Type': 'application/json' } })
  ],
  [
    'a string that axios encodes as JSON',
    () => post('text', { headers: { 'Content-Type': 'application/json' } })
  ],
  ['a number', () => post(42, { headers: { 'Content-Type': 'application/json' } })],
  ['false', () => post(false, { headers: { 'Content-Type': 'application/json' } })],
  ['null', () => post(null)],
  ['text', () => post('a text, ünïcode', { headers: { 'Content-Type': 'text/plain' } })],
  ['an empty text', () => post('')],
  [
    'URLSearchParams',
    () =>
      post(
        new URLSearchParams([
          ['a', '1'],
          ['a', 'ü &='],
          ['b', '']
        ])
      )
  ],
  [
    'an object as a form',
    () =>
      post(
        { a: [1, 2], b: { c: 'ü' } },
        {
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' }
        }
      )
  ],
  ['FormData', () => post(form())],
  ['a Blob', () => post(new Blob([bytes()], { type: 'image/png' }))],
  ['a Blob without a type', () => post(new Blob(['text']))],
  ['a File', () => post(new File([bytes()], 'a.png', { type: 'image/png', lastModified: 1 }))],
  ['an ArrayBuffer', () => post(bytes().buffer)],
  ['a part of an ArrayBuffer', () => post(bytes().subarray(2, 5))],
  ['a Buffer', () => post(Buffer.from(bytes()))],
  ['a big body', () => post('x'.repeat(3_000_000), { headers: { 'Content-Type': 'text/plain' } })]
]

export const options: readonly ReplayCase[] = [
  ...['get', 'head', 'delete', 'put', 'patch', 'POST', 'Put'].map(
    (method): ReplayCase => [`the method ${method}`, () => ({ method })]
  ),
  ['a DELETE with a body', () => ({ method: 'delete', data: { id: 1 } })],
  ['a URL with a query and a fragment', () => ({ url: '/a%20b/ü?x=1&y=%2F#part' })],
  ['params', () => ({ params: { a: 1, list: [1, 2], nested: { b: 'ü &' }, none: null } })],
  ['params beside a query', () => ({ url: '/items?page=2', params: { a: 1 } })],
  ['URLSearchParams as params', () => ({ params: new URLSearchParams('a=1&a=2') })],
  ['a paramsSerializer', () => ({ params: { a: [1, 2] }, paramsSerializer: { indexes: null } })],
  [
    'a paramsSerializer with a serialize function',
    () => ({
      params: { a: 1 },
      paramsSerializer: { serialize: (params) => `own=${JSON.stringify(params)}` }
    })
  ],
  [
    'headers',
    () =>
      post('{}', {
        headers: {
          'X-Own': '1',
          'x-lower-case': 'a, b',
          'X-List': ['a', 'b'],
          'X-None': null,
          Accept: 'text/html',
          'Content-Type': 'application/vnd.api+json'
        }
      })
  ],
  ['no Content-Type', () => post('text', { headers: { 'Content-Type': false } })],
  [
    'transforms',
    () =>
      post(
        { a: 1 },
        {
          transformRequest: [(data) => ({ ...data, b: 2 }), (data) => `<${JSON.stringify(data)}>`],
          transformResponse: [(data) => `<${data}>`]
        }
      )
  ],
  ...(['json', 'text', 'arraybuffer'] as const).map(
    (responseType): ReplayCase => [`the responseType ${responseType}`, () => ({ responseType })]
  ),
  ['a validateStatus that accepts every status', () => ({ validateStatus: () => true })],
  ['no validateStatus', () => ({ validateStatus: null })],
  ['a timeout', () => ({ timeout: 10_000 })],
  ['a signal', () => ({ signal: new AbortController().signal })],
  ['a cancel token', () => ({ cancelToken: axios.CancelToken.source().token })],
  ['credentials', () => ({ withCredentials: true })],
  ['no credentials', () => ({ withCredentials: false })],
  ['limits', () => post('text', { maxBodyLength: 100, maxContentLength: 10_000 })],
  ['a baseURL with a path', () => ({ baseURL: '/api/', url: 'items' })],
  ['transitional options', () => post({ a: 1 }, { transitional: { forcedJSONParsing: false } })]
]

interface ReplaySetup extends RecordingServer {
  readonly auth: AuthClient
  readonly bare: AxiosInstance
  resolve(config: AxiosRequestConfig): AxiosRequestConfig
  refreshes(): number
}

/** A client with a first token that is refused, and plain axios with the same defaults. */
export async function setUpReplay(
  adapter: 'http' | 'fetch' | 'xhr',
  respond?: Respond
): Promise<ReplaySetup> {
  const server = await startRecordingServer(respond ?? refuseFirstToken)
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({
    baseURL: server.url,
    restore: 'never',
    contract: { refresh: issue }
  })
  onTestFinished(auth.dispose)
  await auth.login(issue)
  auth.axios.defaults.adapter = adapter
  const bare = axios.create({ baseURL: server.url, adapter })
  const resolve = ({ baseURL, ...config }: AxiosRequestConfig): AxiosRequestConfig => ({
    url: '/items',
    baseURL: server.url + (baseURL ?? ''),
    ...config
  })
  return { ...server, auth, bare, resolve, refreshes: () => issued - 1 }
}

/**
 * Sends a request through the client, which replays it, and through plain axios. All three requests
 * must be equal.
 */
export async function expectEqualReplay(
  adapter: 'http' | 'fetch' | 'xhr',
  config: () => AxiosRequestConfig
): Promise<void> {
  const { auth, bare, resolve, requests, headerOf } = await setUpReplay(adapter)
  const answer = await auth.axios(resolve(config()))
  const expected = await bare(resolve(config()))
  const [first, second, plain] = requests.map(comparable)
  expect(requests).toHaveLength(3)
  expect(second).toEqual(first)
  expect(first).toEqual(plain)
  expect(answer.data).toEqual(expected.data)
  expect(requests.slice(0, 2).map((request) => headerOf(request, 'authorization'))).toEqual([
    'Bearer token-1',
    'Bearer token-2'
  ])
}

export interface Comparable {
  readonly line: string
  readonly headers: readonly (readonly [string, string])[]
  /** One character for each byte. */
  readonly body: string
}

/** The request without the parts that differ: the token and the multipart boundary. */
export function comparable({ method, url, headers, body }: RecordedRequest): Comparable {
  // Read from the body, because in Node the fetch adapter of axios omits it from the header.
  const boundary = /^--([^\r]+)\r\nContent-Disposition/i.exec(body.toString('latin1'))?.[1]
  const normalize = (text: string) =>
    boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY')
  const stored = headers.filter(([name]) => name.toLowerCase() !== 'authorization')
  return {
    line: `${method} ${url}`,
    headers: stored.map(([name, value]) => {
      const isOfBoundary = boundary !== undefined && name.toLowerCase() === 'content-length'
      return [name, isOfBoundary ? String(Number(value) === body.length) : normalize(value)]
    }),
    body: normalize(body.toString('latin1'))
  }
}
