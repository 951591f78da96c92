// The header that carries the access token: any name and any scheme, over every transport.
import { inspect } from 'node:util'
import axios from 'axios'
import { type AuthClient, type AuthContract, createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Respond, startRecordingServer } from '../support/setups/recording-server.ts'
import { axiosTransports, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'

interface Format {
  readonly name: string
  readonly attach: NonNullable<AuthContract['attach']>
  readonly header: string
  readonly prefix: string
}

const formats: readonly Format[] = [
  { name: 'the default', attach: {}, header: 'Authorization', prefix: 'Bearer ' },
  {
    name: 'Authorization: Token …',
    attach: { scheme: 'Token' },
    header: 'Authorization',
    prefix: 'Token '
  },
  {
    name: 'a bare token in Authorization',
    attach: { scheme: '' },
    header: 'Authorization',
    prefix: ''
  },
  {
    name: 'a bare token in X-Auth-Token',
    attach: { header: 'X-Auth-Token', scheme: '' },
    header: 'X-Auth-Token',
    prefix: ''
  },
  {
    name: 'x-authorization: JWT …',
    attach: { header: 'x-authorization', scheme: 'JWT' },
    header: 'x-authorization',
    prefix: 'JWT '
  }
]
const others = formats.filter(({ header }) => header !== 'Authorization')

/** A client with opaque tokens. The default answer refuses the first token. */
async function setUp({ attach, prefix }: Format, respond?: Respond) {
  const refuseFirst: Respond = ({ headers }, response) => {
    const isFirst = headers.some(([, value]) => value === `${prefix}token-1`)
    response.writeHead(isFirst ? 401 : 200, { 'Content-Type': 'application/json' }).end('{}')
  }
  const server = await startRecordingServer(respond ?? refuseFirst)
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({
    baseURL: server.url,
    restore: 'never',
    contract: { refresh: issue, attach }
  })
  onTestFinished(auth.dispose)
  await auth.login(issue)
  const sent = (name: string) => server.requests.map((request) => server.headerOf(request, name))
  return { auth, ...server, sent, refreshes: () => issued - 1 }
}

it.each(pairs(formats, transports))(
  'carries the token and replays it in $name, over $transport.name',
  async ({ transport, ...format }) => {
    const { auth, sent } = await setUp(format)
    expect(await transport.send(auth, { url: '/me' })).toMatchObject({ status: 200 })
    const tokens = [`${format.prefix}token-1`, `${format.prefix}token-2`]
    expect(sent(format.header)).toEqual(tokens)
    if (format.header !== 'Authorization') {
      expect(sent('Authorization')).toEqual([undefined, undefined])
    }
  }
)

it.each(pairs(formats, transports))(
  'leaves a request alone if the caller sets the header of $name, over $transport.name',
  async ({ transport, ...format }) => {
    const { auth, sent, refreshes } = await setUp(format, (_, response) =>
      response.writeHead(401).end()
    )
    const headers = { [format.header.toUpperCase()]: 'mine' }
    expect(await transport.send(auth, { url: '/me', headers })).toMatchObject({ status: 401 })
    expect(sent(format.header)).toEqual(['mine'])
    expect(refreshes()).toBe(0)
  }
)

it.each(pairs(others, transports))(
  'attaches the token beside the caller’s own Authorization, with $name, over $transport.name',
  async ({ transport, ...format }) => {
    const { auth, sent } = await setUp(format)
    const headers = { Authorization: 'Basic eDp5' }
    await transport.send(auth, { url: '/me', headers })
    expect(sent('Authorization')).toEqual(['Basic eDp5', 'Basic eDp5'])
    expect(sent(format.header)).toEqual([`${format.prefix}token-1`, `${format.prefix}token-2`])
  }
)

it.each(pairs(formats, axiosTransports))(
  'treats the auth option of axios as the caller’s own Authorization: $name, over $transport.name',
  async ({ transport, ...format }) => {
    const { auth, sent } = await setUp(format)
    const options = { auth: { username: 'x', password: 'y' } }
    await transport.send(auth, { url: '/me' }, options)
    expect(sent('Authorization')[0]).toBe('Basic eDp5')
    if (format.header !== 'Authorization') {
      expect(sent(format.header)[0]).toBe(`${format.prefix}token-1`)
    }
  }
)

describe('privacy', () => {
  const respond: Respond = ({ url }, response) => {
    if (url === '/destroy') response.destroy()
    else response.writeHead(Number(url.slice(1))).end('{}')
  }
  const print = (value: unknown) => inspect(value, { depth: Infinity })

  it.each(
    pairs(formats, axiosTransports).flatMap((row) =>
      ['/200', '/500', '/destroy'].map((url) => ({ ...row, url }))
    )
  )('prints no token after $url with $name, over $transport.name', async (row) => {
    const { transport, url, ...format } = row
    const { auth } = await setUp(format, respond)
    const seen: unknown[] = []
    const keep = (error: unknown) => {
      seen.push(error)
      throw error
    }
    const api = transport.create({ baseURL: auth.axios.defaults.baseURL ?? '' })
    auth.attach(api)
    api.interceptors.response.use((response) => {
      seen.push(response)
      return response
    }, keep)
    await api.get(url).catch(() => {})
    expect(seen).toHaveLength(1)
    const [outcome] = seen as [{ config?: { headers: object }; response?: unknown }]
    for (const part of [outcome, outcome.config, outcome.response, outcome.config?.headers]) {
      expect(print(part)).not.toContain('token-1')
    }
  })

  it.each(formats)(
    'keeps the token out of the config that an app’s adapter streams, with $name',
    async (format) => {
      const { auth } = await setUp(format, (_, response) => response.writeHead(200).end('{}'))
      const configs: unknown[] = []
      const response = await auth.axios.get('/me', {
        responseType: 'stream',
        adapter: (config) => {
          configs.push(config.headers)
          return axios.getAdapter('http')(config)
        }
      })
      response.data.destroy()
      expect(print(configs)).not.toContain('token-1')
    }
  )
})

it('is the header of the contract also for another instance that is attached', async () => {
  const [, , , format = formats[0]] = formats
  const { auth, url, sent } = await setUp(format as Format)
  const api = axios.create({ baseURL: url })
  const detach: ReturnType<AuthClient['attach']> = auth.attach(api)
  await api.get('/me')
  detach()
  await api.get('/me').catch(() => {})
  expect(sent('X-Auth-Token')).toEqual(['token-1', 'token-2', undefined])
})
