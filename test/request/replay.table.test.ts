// I7: the replay equals the first request, byte for byte, and both equal a request of bare axios.
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { AxiosProgressEvent } from 'axios'
import { describe, expect, it } from 'vitest'
import { refuseFirstToken } from '../support/setups/recording-server.ts'
import {
  bodies,
  comparable,
  expectEqualReplay,
  options,
  type ReplayCase,
  setUpReplay,
  toRows
} from '../support/tables/replay-cases.ts'
import { pairs } from '../support/tier.ts'

const inNode: readonly ReplayCase[] = [
  ['an agent', () => ({ httpAgent: new Agent({ keepAlive: true }) })],
  ['no redirects', () => ({ maxRedirects: 0 })],
  ['an encoding', () => ({ responseEncoding: 'latin1' })],
  ['no decompression', () => ({ decompress: false })],
  ['the responseType blob', () => ({ responseType: 'blob' })]
]

const adapters = ['http', 'fetch'] as const

it.each(pairs(toRows(bodies), adapters))(
  'replays the same body: $name, over $transport',
  ({ transport, config }) => expectEqualReplay(transport, config)
)

it.each(pairs(toRows([...options, ...inNode]), adapters))(
  'replays the same request: $name, over $transport',
  ({ transport, config }) => expectEqualReplay(transport, config)
)

describe.each(adapters)('a replay over %s', (adapter) => {
  it('decompresses the response to the replay', async () => {
    const { auth, url } = await setUpReplay(adapter, (request, response, nth) => {
      if (nth === 1) return refuseFirstToken(request, response, nth)
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
        .end(gzipSync('{"packed":true}'))
    })
    expect((await auth.axios.get(url)).data).toEqual({ packed: true })
  })

  it('returns the response to the replay as a stream', async () => {
    const { auth, url } = await setUpReplay(adapter)
    const { data } = await auth.axios.get(url, { responseType: 'stream' })
    let text = ''
    for await (const chunk of data) text += Buffer.from(chunk).toString()
    expect(JSON.parse(text)).toEqual({ isFirst: false })
  })

  it.each([
    ['a stream', () => Readable.from(['text'])],
    ['a ReadableStream', () => new Blob(['text']).stream()]
  ])('does not replay %s', async (_, createBody) => {
    const { auth, url, requests } = await setUpReplay(adapter)
    const transformRequest = (data: unknown) => data
    const data = adapter === 'http' ? Readable.from(createBody()) : createBody()
    const headers = { 'Content-Type': 'text/plain' }
    await expect(auth.axios.post(url, data, { headers, transformRequest })).rejects.toMatchObject({
      code: 'ERR_AUTH_BODY_SPENT'
    })
    expect(requests.map(({ body }) => body.toString())).toEqual(['text'])
  })

  it('keeps basic authentication, and does not refresh on its refusal', async () => {
    const { auth, url, requests, headerOf, refreshes } = await setUpReplay(adapter, (_, response) =>
      response.writeHead(401).end()
    )
    const credentials = { username: 'ada', password: 'x:y' }
    await expect(auth.axios.get(url, { auth: credentials })).rejects.toMatchObject({
      response: { status: 401 }
    })
    const withUserName = url.replace('//', '//ada:x%3Ay@')
    await expect(auth.axios.get(withUserName)).rejects.toMatchObject({ response: { status: 401 } })
    expect(requests.map((request) => headerOf(request, 'authorization'))).toEqual([
      'Basic YWRhOng6eQ==',
      'Basic YWRhOng6eQ=='
    ])
    expect(refreshes()).toBe(0)
  })

  it('reports the upload progress of the replay from its start', async () => {
    const { auth, url } = await setUpReplay(adapter)
    const uploads: number[] = []
    const downloads: number[] = []
    const size = 300_000
    await auth.axios.post(url, 'x'.repeat(size), {
      onUploadProgress: ({ loaded }: AxiosProgressEvent) => uploads.push(loaded),
      onDownloadProgress: ({ loaded }: AxiosProgressEvent) => downloads.push(loaded)
    })
    expect(uploads.filter((loaded) => loaded === size)).toHaveLength(2)
    expect(Math.max(...uploads)).toBe(size)
    expect(downloads.length).toBeGreaterThanOrEqual(2)
  })
})

describe('over the client’s fetch', () => {
  const form = () => {
    const data = new FormData()
    data.append('text', 'ünïcode')
    data.append('file', new File([new Uint8Array([0, 255])], 'a.bin'))
    return data
  }
  const post = (body: BodyInit, rest: RequestInit = {}) => ({ method: 'POST', body, ...rest })

  const cases: readonly [string, () => RequestInit | undefined][] = [
    ['nothing', () => undefined],
    ['an empty init', () => ({})],
    ['text', () => post('ünïcode')],
    ['an empty text', () => post('')],
    ['JSON', () => post('{"a":1}', { headers: { 'Content-Type': 'application/json' } })],
    ['URLSearchParams', () => post(new URLSearchParams('a=1&b=ü'))],
    ['FormData', () => post(form())],
    ['a Blob', () => post(new Blob(['text'], { type: 'text/x-own' }))],
    ['an ArrayBuffer', () => post(new Uint8Array([0, 128, 255]).buffer)],
    ['a part of an ArrayBuffer', () => post(new Uint8Array([0, 128, 255]).subarray(1))],
    ['a big body', () => post('x'.repeat(3_000_000))],
    ...['get', 'HEAD', 'put', 'delete', 'PATCH'].map((method): [string, () => RequestInit] => [
      `the method ${method}`,
      () => ({ method })
    ]),
    ['headers', () => ({ headers: { 'X-Own': '1', accept: 'text/html' } })],
    [
      'a list of headers',
      () => ({
        headers: [
          ['X-Own', 'a'],
          ['X-Own', 'b']
        ]
      })
    ],
    ['Headers', () => ({ headers: new Headers({ 'X-Own': '1' }) })],
    ['no cache', () => ({ cache: 'no-store' })],
    ['keepalive', () => post('text', { keepalive: true })],
    ['credentials', () => ({ credentials: 'include' })],
    ['no redirects', () => ({ redirect: 'error' })],
    // Node's fetch drops the referrer of a Request, so only the policy is tested.
    ['a referrerPolicy', () => ({ referrerPolicy: 'no-referrer' })],
    ['a signal', () => ({ signal: new AbortController().signal })]
  ]

  const calls = ['from a URL', 'from a Request'] as const
  const rows = pairs(
    cases.map(([name, init]) => ({ name, init })),
    calls
  )

  it.each(rows.filter(({ transport }) => transport === 'from a URL'))(
    'replays the same request: $name, $transport',
    async ({ init }) => {
      const { auth, url, requests } = await setUpReplay('http')
      const answer = await auth.fetch(`${url}/items?a=ü#part`, init())
      const expected = await fetch(`${url}/items?a=ü#part`, init())
      const [first, second, plain] = requests.map(comparable)
      expect(requests).toHaveLength(3)
      expect(second).toEqual(first)
      expect(first).toEqual(plain)
      expect(await answer.text()).toEqual(await expected.text())
    }
  )

  it.each(rows.filter(({ transport }) => transport === 'from a Request'))(
    'replays the same request: $name, $transport',
    async ({ init }) => {
      const { auth, url, requests } = await setUpReplay('http')
      await auth.fetch(new Request(url, init()))
      await fetch(new Request(url, init()))
      const [first, second, plain] = requests.map(comparable)
      expect(requests).toHaveLength(3)
      expect(second).toEqual(first)
      expect(first).toEqual(plain)
    }
  )
})
