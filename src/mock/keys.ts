// The key ring: one key signs, the earlier ones still verify until they are retired.
import { MockAuthServerError } from './errors.ts'
import type { MockKey } from './options.ts'
import { base64url, randomHex, randomText } from './random.ts'

/** A key as JWK (RFC 7517, `oct`): under jsdom jose takes a `Uint8Array` for one of another realm and refuses it. */
export interface SigningKey {
  readonly kid: string
  readonly jwk: { readonly kty: 'oct'; readonly k: string; readonly alg: 'HS256' }
}

/** What may be known of a key by everybody. */
export interface MockKeyStatus {
  readonly kid: string
  readonly status: 'signing' | 'verifying'
}

export interface KeyRing {
  signing(): SigningKey
  find(kid: string): SigningKey | undefined
  list(): readonly MockKeyStatus[]
  rotate(): { previousKid: string; kid: string }
  retire(kid?: string): readonly string[]
  reset(): void
}

export function createKeyRing(given: readonly MockKey[]): KeyRing {
  let generated = 0
  const generate = (): SigningKey => {
    generated += 1
    // The random part tells the keys of two servers apart: a token of the other one names an unknown `kid`.
    return signingKey(`key-${generated}-${randomHex(2)}`, randomText(32))
  }
  const initial = given.map(({ kid, secret }) =>
    signingKey(kid, base64url(new TextEncoder().encode(secret)))
  )
  const [firstInitial = generate(), ...otherInitial] = initial
  let signing = firstInitial
  let verifying: readonly SigningKey[] = otherInitial

  return {
    signing: () => signing,
    find: (kid) => [signing, ...verifying].find((key) => key.kid === kid),
    list: () => [
      { kid: signing.kid, status: 'signing' },
      ...verifying.map(({ kid }): MockKeyStatus => ({ kid, status: 'verifying' }))
    ],
    rotate() {
      const previous = signing
      signing = generate()
      verifying = [previous, ...verifying]
      return { previousKid: previous.kid, kid: signing.kid }
    },
    retire(kid) {
      if (kid === signing.kid) {
        throw new MockAuthServerError('signing_key', `Key ${kid} signs; call rotateKey() first.`)
      }
      const retired = verifying.filter((key) => kid === undefined || key.kid === kid)
      if (kid !== undefined && retired.length === 0) {
        throw new MockAuthServerError('unknown_key', `There is no key ${kid} to retire.`)
      }
      verifying = verifying.filter((key) => !retired.includes(key))
      return retired.map((key) => key.kid)
    },
    reset() {
      signing = firstInitial
      verifying = otherInitial
    }
  }
}

function signingKey(kid: string, k: string): SigningKey {
  return { kid, jwk: { kty: 'oct', k, alg: 'HS256' } }
}
