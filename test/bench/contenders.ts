// The token endpoints that are measured: floors without a server's duties, this mock, and a peer. Run with a name, this
// file is one of them: it listens, and prints its port.
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Contender {
  readonly name: string
  /** What the answer costs at least: the signature. */
  readonly alg: 'none' | 'HS256' | 'ES256' | 'RS256'
  readonly path: string
  readonly contentType: string
  readonly body: string
  /** Begins to listen. */
  start(): Promise<number>
}

const json = 'application/json'
const login = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return (server.address() as AddressInfo).port
}

/** A bare `node:http` server that reads the body and answers with a token. */
function floor(alg: Contender['alg'], makeToken: () => () => string): Contender {
  const start = () => {
    const token = makeToken()
    return serve((request, response) => {
      request.resume().on('end', () => {
        const body = JSON.stringify({ access_token: token(), token_type: 'Bearer' })
        response.setHeader('Content-Type', json)
        response.setHeader('Content-Length', Buffer.byteLength(body))
        response.end(body)
      })
    })
  }
  const name = alg === 'none' ? 'node:http, the same token' : `node:http and node:crypto ${alg}`
  return { name, alg, path: '/token', contentType: json, body: login, start }
}

function signed(alg: 'HS256' | 'ES256' | 'RS256'): () => () => string {
  return () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const head = part({ alg, typ: 'at+jwt', kid: 'a' })
    const keys: Record<string, () => KeyObject> = {
      ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    }
    const key = keys[alg]?.()
    return () => {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: 'i', sub: 'user-1', aud: 'api', iat: now, exp: now + 300, jti: 'j' }
      const text = `${head}.${part(claims)}`
      const signature =
        key === undefined
          ? createHmac('sha256', 's'.repeat(32)).update(text).digest('base64url')
          : sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString(
              'base64url'
            )
      return `${text}.${signature}`
    }
  }
}

function everbearer(alg: 'HS256' | 'ES256' | 'RS256'): Contender {
  const start = async () => {
    // Each contender loads what is its own: the time this takes is part of its start.
    const { createMockAuthServer } = await import('everbearer/mock')
    const { listen } = await import('everbearer/mock/node')
    // The default algorithm needs no option.
    const options: object = alg === 'HS256' ? {} : { alg }
    return (await listen(createMockAuthServer(options))).port
  }
  return { name: `everbearer ${alg}`, alg, path: '/login', contentType: json, body: login, start }
}

function peer(alg: 'ES256' | 'RS256'): Contender {
  const start = async () => {
    const { OAuth2Server } = await import('oauth2-mock-server')
    const server = new OAuth2Server()
    await server.issuer.keys.generate(alg)
    await server.start(0, 'localhost')
    return server.address().port
  }
  const contentType = 'application/x-www-form-urlencoded'
  const body = 'grant_type=client_credentials&scope=api'
  return { name: `oauth2-mock-server ${alg}`, alg, path: '/token', contentType, body, start }
}

export const contenders: readonly Contender[] = [
  floor('none', () => () => 'a'.repeat(300)),
  floor('HS256', signed('HS256')),
  everbearer('HS256'),
  floor('ES256', signed('ES256')),
  everbearer('ES256'),
  peer('ES256'),
  floor('RS256', signed('RS256')),
  everbearer('RS256'),
  peer('RS256')
]

if (process.argv[1] === import.meta.filename) {
  const contender = contenders.find(({ name }) => name === process.argv[2])
  const port = await contender?.start()
  process.stdout.write(`${port}\n`)
}
