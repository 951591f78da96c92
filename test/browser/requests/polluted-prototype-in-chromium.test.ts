// Polluted Object.prototype in Chromium: requests, destinations and results stay the same.
import { describe, expect, it } from 'vitest'
import { ownOrigin, respond, withCors } from '../../support/setups/trusted-and-foreign-origins.ts'
import { polluted } from '../../support/tables/prototype-pollution.ts'
import type { PageTransport, Pollution } from './page/main.ts'
import { setUpPage } from './page-setup.ts'

const { origins, page, signIn } = setUpPage()

const kinds = Object.keys(polluted) as Pollution['kind'][]
const pollutions = kinds.flatMap((kind) =>
  Object.keys(polluted[kind]).map((name): Pollution => ({ kind, name }))
)

/** Everything that the page and the servers saw of a session, without its random parts. */
async function observe(transport: PageTransport, pollution?: Pollution): Promise<unknown> {
  await page().context().clearCookies()
  await page().evaluate(() => localStorage.clear())
  origins.evil(withCors(() => respond(200)))
  origins.answer('/rotate', (request) =>
    origins.server.guard(request, () => {
      origins.server.rotateKey()
      return respond(200)
    })
  )
  origins.answer('/revoke', (request) =>
    origins.server.guard(request, () => {
      origins.server.revokeAccessTokens()
      return respond(200)
    })
  )
  const seen = await page().evaluate(
    ([how, baseURL, what]) => window.page.live(how, baseURL, what),
    [transport, ownOrigin, pollution] as const
  )
  const arrivals = origins.arrivals.filter(({ method }) => method !== 'OPTIONS')
  const text = JSON.stringify([seen, arrivals])
  return JSON.parse(
    text.replace(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'TOKEN').replace(/rt_[\w-]+/g, 'RT')
  )
}

describe.each(['xhr', 'fetch'] as const)('a session over %s', (transport) => {
  let clean: unknown

  it('is recorded without pollution', async () => {
    clean = await observe(transport)
    expect(origins.arrivals.length).toBeGreaterThan(10)
  })

  // Properties that axios does not read behave the same over both transports.
  const tried = pollutions.filter(({ kind }) => transport === 'xhr' || kind === 'axiosOptions')

  it.each(tried)('is the same with an inherited $name ($kind)', async (pollution) => {
    expect(await observe(transport, pollution)).toEqual(clean)
  })
})

it.each([
  ['mode', 'shared'],
  ['ifAvailable', true],
  ['steal', true],
  ['signal', 'aborted']
])('holds the lock alone during a refresh with an inherited %s', async (name, value) => {
  let held: unknown
  await signIn()
  origins.answer('/refresh', async (request) => {
    if (request.method !== 'OPTIONS') {
      held = await page().evaluate(async () => (await navigator.locks.query()).held)
    }
    return origins.server.handle(request)
  })
  const refreshed = await page().evaluate(
    async ([inherited, given]) => {
      const property = { value: given === 'aborted' ? AbortSignal.abort() : given }
      Object.defineProperty(Object.prototype, inherited, { ...property, configurable: true })
      try {
        return await window.page.attempt('refresh')
      } finally {
        Reflect.deleteProperty(Object.prototype, inherited)
      }
    },
    [name, value] as const
  )
  expect(refreshed).toBe('done')
  expect(held).toMatchObject([{ mode: 'exclusive' }])
})
