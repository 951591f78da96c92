// The mock server's public types, tested by being compiled: what must fit fits, and what must not is an error.
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
  invalidTokenStatus: 403
})

// A listener is handed the event of its name, and no other.
server.on('spike', ({ of, count }) => {
  holds<Equals<typeof count, number>>()
  // @ts-expect-error a spike is of something that can be counted
  of === 'key-changed'
})
server.on('key-changed', (change) => holds<Equals<typeof change, MockKeyChange>>())
// @ts-expect-error no such event
server.on('logged-in', () => {})
// @ts-expect-error nobody is told a token
server.on('token-refused', ({ token }) => token)

// Rotating stays synchronous, whatever it rotates to.
const rotated = server.rotateKey({ alg: 'RS256', kid: 'next', by: 'ops' })
holds<Equals<typeof rotated, { previousKid: string; kid: string }>>()
// @ts-expect-error no such algorithm
server.rotateKey({ alg: 'none' })
// @ts-expect-error a key has one form
createMockAuthServer({ keys: [{ kid: 'a' }] })
// @ts-expect-error the levers are read only
server.keys = []

for (const [forgery, reason] of Object.entries(forgeries)) {
  const named: TokenRefusal = reason
  server.mint({ forgery: forgery as MockForgery, claims: { role: named } })
}
// @ts-expect-error no such forgery
server.mint({ forgery: 'clever' })
for (const { alg } of server.keys) holds<Equals<typeof alg, MockAlgorithm>>()
