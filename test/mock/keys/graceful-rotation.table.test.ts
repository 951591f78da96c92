// Graceful rotation: three verifiers cache the JWK Set. No valid token is refused, regardless of
// the second in which the rotation begins.
//
//   publish ─── max-age of the JWK Set ─── activate ─── lifetime of a token ─── retire
//
// jose verifies, so that a defect of the server's own verification cannot hide one of its rotation.
import type { MockAlgorithm, MockAuthServer } from 'everbearer/mock'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import {
  base,
  createServerWithClock,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'
import { pairs, sample } from '../../support/tier.ts'

const keptSeconds = 20
const tokenSeconds = 25
/** Seconds between the fetch of the JWK Set by each verifier and the start. */
const offsets = [0, 7, 13]
/** Age of the tokens that are checked, in seconds: new, in between, and in their last second. */
const ages = [0, 11, tokenSeconds - 1]

type Clock = ReturnType<typeof createServerWithClock>['clock']

function createVerifier(server: MockAuthServer, clock: Clock, offsetSeconds: number) {
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  return async (token: string): Promise<boolean> => {
    if (keys === undefined || clock.nowMs - fetchedAtMs >= keptSeconds * 1000) {
      const url = `${base}/.well-known/jwks.json`
      const { body } = await server.handle({ method: 'GET', url, headers: [] })
      // The first fetch counts as made before the start; later ones follow from it.
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
  /** The second in which it begins. */
  readonly phase: number
  /** Seconds from publishing to activating the key. */
  readonly leadSeconds: number
}

/** Simulates a rotation, and counts which tokens the verifiers and the server accept. */
async function play({ from, to, phase, leadSeconds }: Rotation) {
  const { server, clock } = createServerWithClock({
    alg: from,
    accessTokenSeconds: tokenSeconds,
    jwksMaxAgeSeconds: keptSeconds
  })
  const verifiers = offsets.map((offset) => createVerifier(server, clock, offset))
  const ada = openBrowser(overWire(server))
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
      const results = await Promise.all(verifiers.map((verify) => verify(token)))
      const isLetIn = (await ada.me(token)).status === 200
      counts.checked += 1 + results.length
      counts.goodRefused += [...results, isLetIn].filter((isGood) => !isGood).length
    }
    if (second >= retireAt) {
      const forged = await server.mint({ sid, kid: old })
      const isLetIn = (await ada.me(forged)).status === 200
      if (!isLetIn) expect(outcome(server)).toBe('retired_key')
      // Verifiers keep a retired key as long as the JWK Set, but all its tokens have expired.
      const hasTurnedOver = second >= retireAt + keptSeconds
      const results = hasTurnedOver ? await Promise.all(verifiers.map((each) => each(forged))) : []
      counts.retiredChecked += 1 + results.length
      counts.retiredAccepted += [...results, isLetIn].filter((isGood) => isGood).length
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
  'refuses no valid token and accepts no retired key in a rotation from $transport.from to $transport.to that begins in second $phase',
  async ({ phase, transport }) => {
    const counts = await play({ ...transport, phase, leadSeconds: keptSeconds })
    expect(counts).toMatchObject({ goodRefused: 0, retiredAccepted: 0 })
    expect(counts.checked).toBeGreaterThanOrEqual(700)
    expect(counts.retiredChecked).toBeGreaterThan(25)
  }
)

it('verifiers refuse valid tokens of a key that was activated without publishing it first', async () => {
  const results = await Promise.all(
    phases
      .filter(({ phase }) => phase % sample({ test: 4, matrix: 1 }) === 0)
      .map(({ phase }) => play({ from: 'ES256', to: 'ES256', phase, leadSeconds: 0 }))
  )
  expect(results.every(({ goodRefused }) => goodRefused > 0)).toBe(true)
})
