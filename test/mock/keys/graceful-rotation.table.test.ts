// A rotation that nobody notices, whatever second it begins in: three verifiers keep the JWK Set, and none refuses a good token.
//
//   publish ─── as long as anybody keeps the JWK Set ─── activate ─── as long as a token lives ─── retire
//
// The verifiers are jose's own, so that a mistake of this server's verification cannot hide one of its rotation.
import type { MockAlgorithm, MockAuthServer } from 'everbearer/mock'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { pairs, sample } from '../../support/tier.ts'
import {
  base,
  createClockedServer,
  outcome,
  overWire,
  visit
} from '../../support/worlds/one-cookie-browser.ts'

const keptSeconds = 20
const tokenSeconds = 25
/** When each verifier has fetched the JWK Set before the beginning. */
const offsets = [0, 7, 13]
/** How old a token is when it is checked: new, in between, and in its last second. */
const ages = [0, 11, tokenSeconds - 1]

type Clock = ReturnType<typeof createClockedServer>['clock']

function createVerifier(server: MockAuthServer, clock: Clock, offsetSeconds: number) {
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  return async (token: string): Promise<boolean> => {
    if (keys === undefined || clock.nowMs - fetchedAtMs >= keptSeconds * 1000) {
      const url = `${base}/.well-known/jwks.json`
      const { body } = await server.handle({ method: 'GET', url, headers: [] })
      // The first fetch was some time ago; the next ones follow from it.
      fetchedAtMs = keys === undefined ? clock.nowMs - offsetSeconds * 1000 : clock.nowMs
      keys = createLocalJWKSet(JSON.parse(body))
    }
    const checked = jwtVerify(token, keys, {
      issuer: 'https://mock.everbearer.test',
      audience: 'api',
      typ: 'at+jwt',
      currentDate: new Date(clock.nowMs)
    })
    return checked.then(
      () => true,
      () => false
    )
  }
}

interface Rotation {
  readonly from: MockAlgorithm
  readonly to: MockAlgorithm
  /** In which second it begins. */
  readonly phase: number
  /** From publishing to activating. */
  readonly leadSeconds: number
}

/** Plays a rotation, and counts what the verifiers and the server did with every token. */
async function play({ from, to, phase, leadSeconds }: Rotation) {
  const { server, clock } = createClockedServer({
    alg: from,
    accessTokenSeconds: tokenSeconds,
    jwksMaxAgeSeconds: keptSeconds
  })
  const verifiers = offsets.map((offset) => createVerifier(server, clock, offset))
  const ada = visit(overWire(server))
  const { sid } = await server.signIn()
  const old = server.keys[0]?.kid ?? ''
  const activateAt = phase + leadSeconds
  const retireAt = activateAt + tokenSeconds
  const endAt = retireAt + keptSeconds + 5
  const tokens: string[] = []
  const counts = { checked: 0, goodRefused: 0, retiredChecked: 0, retiredAccepted: 0 }

  for (let second = 0; second < endAt; second += 1) {
    if (second === phase) server.publishKey({ kid: 'next', alg: to })
    if (second === activateAt) server.activateKey('next')
    if (second === retireAt) server.retireKey(old)
    tokens.push(await server.mint({ sid }))
    for (const age of ages) {
      const token = tokens[second - age]
      if (token === undefined) continue
      const verdicts = await Promise.all(verifiers.map((verify) => verify(token)))
      const isLetIn = (await ada.me(token)).status === 200
      counts.checked += 1 + verdicts.length
      counts.goodRefused += [...verdicts, isLetIn].filter((isGood) => !isGood).length
    }
    if (second >= retireAt) {
      const forged = await server.mint({ sid, kid: old })
      const isLetIn = (await ada.me(forged)).status === 200
      if (!isLetIn) expect(outcome(server)).toBe('retired_key')
      // Who keeps the JWK Set keeps a retired key that long too, but no honest token of it is left to be accepted.
      const hasTurnedOver = second >= retireAt + keptSeconds
      const verdicts = hasTurnedOver ? await Promise.all(verifiers.map((each) => each(forged))) : []
      counts.retiredChecked += 1 + verdicts.length
      counts.retiredAccepted += [...verdicts, isLetIn].filter((isGood) => isGood).length
    }
    clock.advanceSeconds(1)
  }
  return counts
}

const phases = Array.from({ length: keptSeconds }, (_, index) => ({ phase: index + 1 }))
const rotations = [
  { from: 'ES256', to: 'EdDSA' },
  { from: 'RS256', to: 'ES256' }
] as const

it.each(pairs(phases, rotations))(
  'refuses no good token and accepts no retired key when a rotation from $transport.from to $transport.to begins in second $phase',
  async ({ phase, transport }) => {
    const counts = await play({ ...transport, phase, leadSeconds: keptSeconds })
    expect(counts).toMatchObject({ goodRefused: 0, retiredAccepted: 0 })
    expect(counts.checked).toBeGreaterThanOrEqual(700)
    expect(counts.retiredChecked).toBeGreaterThan(25)
  }
)

it('a key that signs before everybody can know it gets good tokens refused', async () => {
  const results = await Promise.all(
    phases
      .filter(({ phase }) => phase % sample({ test: 4, matrix: 1 }) === 0)
      .map(({ phase }) => play({ from: 'ES256', to: 'ES256', phase, leadSeconds: 0 }))
  )
  expect(results.every(({ goodRefused }) => goodRefused > 0)).toBe(true)
})
