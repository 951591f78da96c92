// C5, I3: a response with any status except 401 may re-issue a token.
import type { AxiosRequestConfig } from 'axios'
import type { AuthClient } from 'everbearer'
import { describe, expect, it } from 'vitest'
import {
  ada,
  forge,
  respond,
  setUpOrigins,
  tokensIn
} from '../support/setups/trusted-and-foreign-origins.ts'
import { type Answer, axiosTransports, transports } from '../support/tables/transports.ts'
import { pairs } from '../support/tier.ts'

const origins = setUpOrigins()

const successes = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226]
/** Sent without a `Location`, so that the client receives them. */
const redirections = [300, 301, 302, 303, 304, 305, 306, 307, 308]
const refusals = [
  400, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 422, 423,
  424, 425, 426, 428, 429, 431, 444, 451, 499
]
const failures = [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 530, 599]
const statuses = [...successes, ...redirections, ...refusals, ...failures]

/** `fetch` turns these into a network error if it must not follow redirects. */
const redirecting = [301, 302, 303, 307, 308]

async function meet(status: number, send: (auth: AuthClient) => Promise<Answer>) {
  const { auth, events } = origins.createClient()
  await auth.login(ada)
  const token = await auth.getAccessToken()
  const forged = forge()
  origins.answer('/items', () => respond(status, { Authorization: `Bearer ${forged}` }))
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
  'adopts a token from a $status and returns the response, over $transport.name',
  async ({ status, transport }) => {
    const { answered, held, forged, names } = await meet(status, (auth) =>
      transport.send(auth, { url: '/items' })
    )
    expect(answered).toBe(status)
    expect(held).toBe(forged)
    expect(names).toEqual(['reissued'])
    expect(origins.callsTo('/items')).toHaveLength(1)
    expect(origins.callsTo('/refresh')).toHaveLength(0)
  }
)

it.each(rows.filter((row) => !isSeen(row)))(
  'does not adopt a token from a $status that the transport rejects, over $transport.name',
  async ({ status, transport }) => {
    const { answered, held, token, names } = await meet(status, (auth) =>
      transport.send(auth, { url: '/items' })
    )
    expect([answered, held, names]).toEqual(['no answer', token, []])
  }
)

describe.each(transports)('a re-issued token over $name', (transport) => {
  it('does not adopt a token from an interim response (103)', async () => {
    const { auth } = origins.createClient()
    await auth.login(ada)
    const token = await auth.getAccessToken()
    const early = `HTTP/1.1 103 Early Hints\r\nAuthorization: Bearer ${forge()}\r\n\r\n`
    const late = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
    origins.answer('/items', () => ({ raw: early + late }))
    expect((await transport.send(auth, { url: '/items' })).status).toBe(200)
    expect(await auth.getAccessToken()).toBe(token)
  })

  const send = (auth: AuthClient) => transport.send(auth, { url: '/items' })

  it('does not adopt a token from a 401, neither before nor after the replay', async () => {
    const { answered, held, token, forged, names } = await meet(401, send)
    expect(answered).toBe(401)
    expect(held).not.toBe(forged)
    expect(names.filter((name) => name === 'refused-request')).toHaveLength(2)
    expect(names).not.toContain('reissued')
    // The refusal itself counts: one refresh, and one replay with the new token.
    expect(origins.callsTo('/refresh')).toHaveLength(1)
    expect(tokensIn(origins.callsTo('/items'))).toEqual([token, held])
  })
})

describe.each(axiosTransports)('axios with any validateStatus, over $name', (transport) => {
  const validators: readonly [string, NonNullable<AxiosRequestConfig['validateStatus']> | null][] =
    [
      ['everything', () => true],
      ['nothing', () => false],
      ['everything, as null', null],
      ['only 401', (status) => status === 401]
    ]

  it.each(validators)(
    'refreshes on a 401 and adopts from a 200, if validateStatus accepts %s',
    async (_, validateStatus) => {
      const send = (auth: AuthClient) => transport.send(auth, { url: '/items' }, { validateStatus })
      const refused = await meet(401, send)
      expect(refused.answered).toBe(401)
      expect(origins.callsTo('/refresh')).toHaveLength(1)
      expect(origins.callsTo('/items')).toHaveLength(2)
      const accepted = await meet(200, send)
      expect(accepted.held).toBe(accepted.forged)
    }
  )
})
