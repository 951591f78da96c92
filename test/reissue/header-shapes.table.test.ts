// I3: a re-issued token is adopted from exactly one well-formed Bearer credential, and no other shape of the header throws.
import { describe, expect, it } from 'vitest'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { type HeaderShape, headerShapes, onTheWire } from '../support/tables/header-shapes.ts'
import { type Transport, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'
import {
  ada,
  createOrigins,
  forge,
  respond
} from '../support/worlds/trusted-and-foreign-origins.ts'

const world = createOrigins()

function fill(value: string, token: string): string {
  return value.replaceAll('TOKEN', token).replaceAll('OTHER', forge({ iat: 9e9 + 1 }))
}

/** The credential that stands in a value, without the blanks that are no part of it. */
const credentialIn = (value: string) => value.trim().split(/\r?\n/)[0]?.trim().split(/ +/)[1]

it('reads more than sixty shapes', () => {
  expect(headerShapes.length).toBeGreaterThan(60)
  const names = headerShapes.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of Object.keys(onTheWire)) expect(names).toContain(name)
})

it.each(headerShapes)('reads $name as $kind', ({ value, kind }) => {
  const filled = typeof value === 'string' ? fill(value, forge()) : value
  const accessToken = typeof filled === 'string' ? credentialIn(filled) : undefined
  expect(readReissuedHeader(filled)).toEqual(kind === 'token' ? { kind, accessToken } : { kind })
})

async function receive(transport: Transport, lines: readonly string[]) {
  const { auth, events } = world.createClient()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const head = ['HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: close', ...lines].join('\r\n')
  world.answer('/raw', () => ({ raw: `${head}\r\n\r\n` }))
  const status = await transport.send(auth, { url: '/raw' }).then(
    (answer) => answer.status,
    (error: Error) => error.constructor.name
  )
  const held = await auth.getAccessToken()
  // Whatever came, the session goes on.
  world.answer('/raw', () => respond(200))
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
  'takes $name for $arrives, over $transport.name',
  async ({ value, arrives, transport }) => {
    const filled = fill(value, forge())
    const { status, token, held, events } = await receive(transport, [`Authorization: ${filled}`])
    expect(status).toBe(arrives === 'no answer' ? transport.failure : 200)
    expect(held).toBe(arrives === 'token' ? credentialIn(filled) : token)
    if (arrives === 'token') expect(events).toMatchObject([{ name: 'reissued' }])
    else if (arrives !== 'malformed') expect(events).toEqual([])
    else expect(events).toEqual([{ name: 'reissue-refused', event: { refusal: 'malformed' } }])
  }
)

describe.each(transports)('$name', (transport) => {
  it.each(['authorization', 'AUTHORIZATION', 'aUTHORIZATION'])(
    'finds the header spelt %s',
    async (name) => {
      const forged = forge()
      expect((await receive(transport, [`${name}: Bearer ${forged}`])).held).toBe(forged)
    }
  )

  it.each(['Authorization-Info', 'X-Authorization', 'Proxy-Authorization', 'WWW-Authenticate'])(
    'looks for it in no header called %s',
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
  ])('takes neither of two lines: %s', async (_, ...values) => {
    const forged = forge()
    const lines = values.map((value) => `Authorization: ${fill(value, forged)}`)
    const { held, token } = await receive(transport, lines)
    expect(held).toBe(token)
  })
})

describe.each(transports)('$name, with the header hidden from scripts', (transport) => {
  it('gets through a whole rotation of keys without one failed request', async () => {
    const { auth, events } = world.createClient()
    await auth.login(ada)
    world.answer('/hidden', async (request) => {
      const { headers, ...answer } = await world.server.guard(request, () => respond(200))
      return { ...answer, headers: headers.filter(([name]) => name !== 'Authorization') }
    })
    const callAll = () =>
      Promise.all(Array.from({ length: 50 }, () => transport.send(auth, { url: '/hidden' })))
    const phases = [
      () => {},
      () => world.server.rotateKey(),
      () => auth.refresh(),
      () => world.server.retireKey(),
      // Once more, and in a hurry: the old key goes before anybody has refreshed.
      () => world.server.rotateKey(),
      () => world.server.retireKey()
    ]
    for (const phase of phases) {
      await phase()
      const statuses = (await callAll()).map(({ status }) => status)
      expect(statuses).toEqual(Array(50).fill(200))
    }
    expect(world.callsTo('/refresh')).toHaveLength(2)
    expect(events.map(({ name }) => name)).not.toContain('reissued')
  })
})

it('reads the header that the option names, and only that', async () => {
  const { auth } = world.createClient({ reissuedTokenHeader: 'X-New-Token' })
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const forged = forge()
  world.answer('/x', () => respond(200, { Authorization: `Bearer ${forged}` }))
  await auth.axios.get('/x')
  expect(await auth.getAccessToken()).toBe(token)
  world.answer('/x', () => respond(200, { 'x-new-token': `Bearer ${forged}` }))
  await auth.axios.get('/x')
  expect(await auth.getAccessToken()).toBe(forged)
})
