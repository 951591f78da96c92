// Contenders of the benchmark: token endpoints of bare servers (floors), of this mock, and of a
// peer. Run with a name as argument, this file starts that contender and prints its port.
import {
  type Algorithm,
  signByJose,
  signByNode,
  startBare,
  startSession,
  startSigned
} from './floors.ts'

/**
 * The role of a contender in the comparison.
 *
 * - `raw`: always the same token
 * - `its signature`: signs a token and does nothing else
 * - `same crypto`: also creates the random numbers, the hash and the cookie of a login, with
 *   `node:crypto`
 * - `jose`: the same, but signs with jose
 */
export type Role = 'raw' | 'its signature' | 'same crypto' | 'jose' | 'everbearer' | 'peer'

export interface Contender {
  readonly name: string
  readonly role: Role
  /** The signature algorithm, which is the least cost of an answer. */
  readonly alg: 'none' | Algorithm
  readonly path: string
  readonly contentType: string
  readonly body: string
  /** Starts listening; resolves to the port. */
  start(): Promise<number>
}

const form = 'application/x-www-form-urlencoded'
const login = {
  path: '/login',
  contentType: 'application/json',
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}

const raw: Contender = {
  ...login,
  name: 'node:http, the same token',
  role: 'raw',
  alg: 'none',
  start: () => startBare(() => 'a'.repeat(300))
}

function floors(alg: Algorithm): Contender[] {
  const floor = (role: Role, name: string, start: Contender['start']): Contender => ({
    ...login,
    name: `node:http, ${name} ${alg}`,
    role,
    alg,
    start
  })
  return [
    floor('its signature', 'node:crypto', () => startSigned(alg)),
    floor('same crypto', 'node:crypto, a session', () => startSession(signByNode(alg))),
    floor('jose', 'jose, a session', async () => startSession(await signByJose(alg)))
  ]
}

function everbearer(alg: Algorithm): Contender {
  const start = async () => {
    // Each contender loads only its own modules, because load time counts as start-up time.
    const { createMockAuthServer } = await import('everbearer/mock')
    const { listen } = await import('everbearer/mock/node')
    // The default algorithm needs no option.
    const options: object = alg === 'HS256' ? {} : { alg }
    return (await listen(createMockAuthServer(options))).port
  }
  return { ...login, name: `everbearer ${alg}`, role: 'everbearer', alg, start }
}

function peer(alg: 'ES256' | 'RS256'): Contender {
  const start = async () => {
    const { OAuth2Server } = await import('oauth2-mock-server')
    const server = new OAuth2Server()
    await server.issuer.keys.generate(alg)
    await server.start(0, 'localhost')
    return server.address().port
  }
  const body = 'grant_type=client_credentials&scope=api'
  const name = `oauth2-mock-server ${alg}`
  return { name, role: 'peer', alg, path: '/token', contentType: form, body, start }
}

export const contenders: readonly Contender[] = [
  raw,
  ...floors('HS256'),
  everbearer('HS256'),
  ...floors('ES256'),
  everbearer('ES256'),
  peer('ES256'),
  ...floors('RS256'),
  everbearer('RS256'),
  peer('RS256')
]

if (process.argv[1] === import.meta.filename) {
  const contender = contenders.find(({ name }) => name === process.argv[2])
  const port = await contender?.start()
  process.stdout.write(`${port}\n`)
}
