// I3: only a header with exactly one well-formed Bearer credential re-issues a token.
import { describe, expect, it } from 'vitest'
import { defaultHeader } from '../../src/contract/default-contract.ts'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { ada, forge, respond, setUpOrigins } from '../support/setups/trusted-and-foreign-origins.ts'
import { type HeaderShape, headerShapes, onTheWire } from '../support/tables/header-shapes.ts'
import { type Transport, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'

const origins = setUpOrigins()

function fill(value: string, token: string): string {
  return value.replaceAll('TOKEN', token).replaceAll('OTHER', forge({ iat: 9e9 + 1 }))
}

/** The credential in a header value, without surrounding blanks. */
const credentialIn = (value: string) => value.trim().split(/\r?\n/)[0]?.trim().split(/ +/)[1]

it('tests more than sixty header shapes', () => {
  expect(headerShapes.length).toBeGreaterThan(60)
  const names = headerShapes.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of Object.keys(onTheWire)) expect(names).toContain(name)
})

it.each(headerShapes)('classifies a re-issue header with $name as $kind', ({ value, kind }) => {
  const filled = typeof value === 'string' ? fill(value, forge()) : value
  const accessToken = typeof filled === 'string' ? credentialIn(filled) : undefined
  expect(readReissuedHeader(defaultHeader, filled)).toEqual(
    kind === 'token' ? { kind, accessToken } : { kind }
  )
})

async function receive(transport: Transport, lines: readonly string[]) {
  const { auth, events } = origins.createClient()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const head = ['HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: close', ...lines].join('\r\n')
  origins.answer('/raw', () => ({ raw: `${head}\r\n\r\n` }))
  const status = await transport.send(auth, { url: '/raw' }).then(
    (answer) => answer.status,
    (error: Error) => error.constructor.name
  )
  const held = await auth.getAccessToken()
  // The session must survive every header.
  origins.answer('/raw', () => respond(200))
  expect((await transport.send(auth, { url: '/raw' })).status).toBe(200)
  return {
    status,
    token,
    held,
    events: events.slice(1).map(({ event, name }) => ({ name, event }))
  }
}

const isSendable = (shape: HeaderShape): shape is HeaderShape & { readonly value: string } =>
  typeof shape.value === 'string'
const sendable = headerShapes.filter(isSendable).map(({ name, value, kind }) => ({
  name,
  value,
  arrives: onTheWire[name] ?? kind
}))

it.each(pairs(sendable, transports, ({ arrives }) => arrives))(
  'classifies a re-issue header with $name as $arrives after HTTP, over $transport.name',
  async ({ value, arrives, transport }) => {
    const filled = fill(value, forge())
    const { status, token, held, events } = await receive(transport, [`Authorization: ${filled}`])
    expect(status).toBe(arrives === 'no answer' ? transport.failure : 200)
    // The held token is a JWT.
    const isAdopted = arrives === 'token' && value.includes('TOKEN')
    expect(held).toBe(isAdopted ? credentialIn(filled) : token)
    if (isAdopted) return expect(events).toMatchObject([{ name: 'reissued' }])
    const refusal = arrives === 'token' ? 'not-a-jwt' : arrives
    const isRefused = ['malformed', 'not-a-jwt'].includes(refusal)
    expect(events).toEqual(isRefused ? [{ name: 'reissue-refused', event: { refusal } }] : [])
  }
)

describe.each(transports)('a re-issued token over $name', (transport) => {
  it.each(['authorization', 'AUTHORIZATION', 'aUTHORIZATION'])(
    'adopts a token from the header spelled %s',
    async (name) => {
      const forged = forge()
      expect((await receive(transport, [`${name}: Bearer ${forged}`])).held).toBe(forged)
    }
  )

  it.each(['Authorization-Info', 'X-Authorization', 'Proxy-Authorization', 'WWW-Authenticate'])(
    'does not adopt a token from the header %s',
    async (name) => {
      const { held, token, events } = await receive(transport, [`${name}: Bearer ${forge()}`])
      expect(held).toBe(token)
      expect(events).toEqual([])
    }
  )

  it.each([
    ['two credentials', 'Bearer TOKEN', 'Bearer OTHER'],
    ['the same one twice', 'Bearer TOKEN', 'Bearer TOKEN'],
    ['another scheme first', 'Basic YTpi', 'Bearer TOKEN'],
    ['another scheme last', 'Bearer TOKEN', 'Basic YTpi']
  ])('adopts a token from neither of two header lines: %s', async (_, ...values) => {
    const forged = forge()
    const lines = values.map((value) => `Authorization: ${fill(value, forged)}`)
    const { held, token } = await receive(transport, lines)
    expect(held).toBe(token)
  })
})

describe.each(transports)('a re-issue header that CORS hides, over $name', (transport) => {
  it('completes a key rotation without a failed request', async () => {
    const { auth, events } = origins.createClient()
    await auth.login(ada)
    origins.answer('/hidden', async (request) => {
      const { headers, ...answer } = await origins.server.guard(request, () => respond(200))
      return { ...answer, headers: headers.filter(([name]) => name !== 'Authorization') }
    })
    const callAll = () =>
      Promise.all(Array.from({ length: 50 }, () => transport.send(auth, { url: '/hidden' })))
    const phases = [
      () => {},
      () => origins.server.rotateKey(),
      () => auth.refresh(),
      () => origins.server.retireKey(),
      // A second rotation that removes the old key before a refresh.
      () => origins.server.rotateKey(),
      () => origins.server.retireKey()
    ]
    for (const phase of phases) {
      await phase()
      const statuses = (await callAll()).map(({ status }) => status)
      expect(statuses).toEqual(Array(50).fill(200))
    }
    expect(origins.callsTo('/refresh')).toHaveLength(2)
    expect(events.map(({ name }) => name)).not.toContain('reissued')
  })
})

it('reads only the header that contract.reissue names', async () => {
  const { auth } = origins.createClient({ contract: { reissue: { header: 'X-New-Token' } } })
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const forged = forge()
  origins.answer('/x', () => respond(200, { Authorization: `Bearer ${forged}` }))
  await auth.axios.get('/x')
  expect(await auth.getAccessToken()).toBe(token)
  origins.answer('/x', () => respond(200, { 'x-new-token': forged }))
  await auth.axios.get('/x')
  expect(await auth.getAccessToken()).toBe(forged)
})
