// C5, I3: any answer to our request may re-issue a token, whatever its status, but one that refuses the request: 401.
import type { AxiosRequestConfig } from 'axios'
import type { AuthClient } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { type Answer, axiosTransports, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'
import {
  ada,
  createOrigins,
  forge,
  respond,
  tokensIn
} from '../support/worlds/trusted-and-foreign-origins.ts'

const world = createOrigins()

const successes = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226]
/** Without a `Location`, so that they are answers like any other. */
const redirections = [300, 301, 302, 303, 304, 305, 306, 307, 308]
const refusals = [
  400, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 422, 423,
  424, 425, 426, 428, 429, 431, 444, 451, 499
]
const failures = [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 530, 599]
const statuses = [...successes, ...redirections, ...refusals, ...failures]

/** What `fetch` makes a network error of where it is to follow no redirect. */
const redirecting = [301, 302, 303, 307, 308]

async function meet(status: number, send: (auth: AuthClient) => Promise<Answer>) {
  const { auth, events } = world.createClient()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const forged = forge()
  world.answer('/items', () => respond(status, { Authorization: `Bearer ${forged}` }))
  const answered = await send(auth).then(
    (answer) => answer.status,
    () => 'no answer'
  )
  const names = events
    .slice(1)
    .map(({ name, event }) =>
      name === 'reissue-refused' ? (event as { refusal: string }).refusal : name
    )
  return { auth, answered, token, forged, held: await auth.getAccessToken(), names }
}

const classOf = (status: number) =>
  redirecting.includes(status) ? 'redirecting' : Math.floor(status / 100)
const rows = pairs(
  statuses.map((status) => ({ status })),
  transports,
  ({ status }) => classOf(status)
)
const isSeen = ({ status, transport }: (typeof rows)[number]) =>
  transport.redirects === 'followed' || !redirecting.includes(status)

it.each(rows.filter(isSeen))(
  'adopts what comes with $status, and hands the answer on, over $transport.name',
  async ({ status, transport }) => {
    const { answered, held, forged, names } = await meet(status, (auth) =>
      transport.send(auth, { url: '/items' })
    )
    expect(answered).toBe(status)
    expect(held).toBe(forged)
    expect(names).toEqual(['reissued'])
    expect(world.callsTo('/items')).toHaveLength(1)
    expect(world.callsTo('/refresh')).toHaveLength(0)
  }
)

it.each(rows.filter((row) => !isSeen(row)))(
  'adopts nothing from a $status that is refused, over $transport.name',
  async ({ status, transport }) => {
    const { answered, held, token, names } = await meet(status, (auth) =>
      transport.send(auth, { url: '/items' })
    )
    expect([answered, held, names]).toEqual(['no answer', token, []])
  }
)

describe.each(transports)('$name', (transport) => {
  it('adopts nothing from an answer on the way (103)', async () => {
    const { auth } = world.createClient()
    await auth.login(ada)
    const token = await auth.getAccessToken()
    const early = `HTTP/1.1 103 Early Hints\r\nAuthorization: Bearer ${forge()}\r\n\r\n`
    const late = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    world.answer('/items', () => ({ raw: early + late }))
    expect((await transport.send(auth, { url: '/items' })).status).toBe(200)
    expect(await auth.getAccessToken()).toBe(token)
  })

  const send = (auth: AuthClient) => transport.send(auth, { url: '/items' })

  it('adopts nothing from a 401, on the first answer and on the replayed one', async () => {
    const { answered, held, token, forged, names } = await meet(401, send)
    expect(answered).toBe(401)
    expect(held).not.toBe(forged)
    expect(names.filter((name) => name === 'refused-request')).toHaveLength(2)
    expect(names).not.toContain('reissued')
    // The refusal itself is believed: one refresh, one replay with what it brought.
    expect(world.callsTo('/refresh')).toHaveLength(1)
    expect(tokensIn(world.callsTo('/items'))).toEqual([token, held])
  })
})

describe.each(axiosTransports)('$name, whatever its validateStatus lets through', (transport) => {
  const validators: readonly [string, NonNullable<AxiosRequestConfig['validateStatus']> | null][] =
    [
      ['everything', () => true],
      ['nothing', () => false],
      ['everything, by null', null],
      ['what it says', (status) => status === 401]
    ]

  it.each(validators)(
    'takes 401 for a refusal and 200 for an answer: %s',
    async (_, validateStatus) => {
      const send = (auth: AuthClient) => transport.send(auth, { url: '/items' }, { validateStatus })
      const refused = await meet(401, send)
      expect(refused.answered).toBe(401)
      expect(world.callsTo('/refresh')).toHaveLength(1)
      expect(world.callsTo('/items')).toHaveLength(2)
      const accepted = await meet(200, send)
      expect(accepted.held).toBe(accepted.forged)
    }
  )
})
