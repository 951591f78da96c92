// Public types of the mock server: this file must compile, and each `@ts-expect-error` must be an
// error.
import type { AuthContract } from 'everbearer'
import {
  createMockAuthServer,
  forgeries,
  type MockAlgorithm,
  type MockForgery,
  type MockKeyChange,
  type TokenRefusal
} from 'everbearer/mock'

type Equals<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

const server = createMockAuthServer({
  alg: 'ES256',
  keys: [
    { kid: 'a', secret: 'text' },
    { kid: 'b', jwk: { kty: 'EC' } }
  ],
  reissue: { value: (token) => `Token ${token}` },
  contract: { refusals: { accessToken: [403, 401] } }
})

// The contract of a client fits, also one that describes the user by a type of the app.
interface Person {
  readonly name: string
}
const described: AuthContract<Person> = { user: { profile: () => ({ name: 'Ada' }) } }
createMockAuthServer({ contract: described })
createMockAuthServer({ contract: { login: '/auth/login', refresh: false } })
// @ts-expect-error no such field
createMockAuthServer({ contract: { signIn: '/login' } })
// @ts-expect-error the contract has the paths of the auth endpoints
createMockAuthServer({ paths: { login: '/login' } })
// @ts-expect-error the contract has the header
createMockAuthServer({ reissue: { value: 'bare' } })

// A listener gets the event of its name only.
server.on('spike', ({ of, count }) => {
  holds<Equals<typeof count, number>>()
  // @ts-expect-error spikes occur for countable events only
  of === 'key-changed'
})
server.on('key-changed', (change) => holds<Equals<typeof change, MockKeyChange>>())
// @ts-expect-error no such event
server.on('logged-in', () => {})
// @ts-expect-error events contain no token
server.on('token-refused', ({ token }) => token)

// `rotateKey()` stays synchronous for every algorithm.
const rotated = server.rotateKey({ alg: 'RS256', kid: 'next', by: 'ops' })
holds<Equals<typeof rotated, { previousKid: string; kid: string }>>()
// @ts-expect-error no such algorithm
server.rotateKey({ alg: 'none' })
// @ts-expect-error a key has one form
createMockAuthServer({ keys: [{ kid: 'a' }] })
// @ts-expect-error the list of keys is read-only
server.keys = []

for (const [forgery, reason] of Object.entries(forgeries)) {
  const named: TokenRefusal = reason
  server.mint({ forgery: forgery as MockForgery, claims: { role: named } })
}
// @ts-expect-error no such forgery
server.mint({ forgery: 'clever' })
for (const { alg } of server.keys) holds<Equals<typeof alg, MockAlgorithm>>()
