// Floors of the benchmark: bare `node:http` servers, each with one more step of a correct login.
import {
  createHmac,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  webcrypto
} from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Algorithm = 'HS256' | 'ES256' | 'RS256'
type Claims = Readonly<Record<string, unknown>>
type SignToken = (claims: Claims) => string | Promise<string>

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return (server.address() as AddressInfo).port
}

/** Skips the request body and answers with the given token. */
export function startBare(token: () => string): Promise<number> {
  return serve((request, response) => {
    request.resume().on('end', () => {
      const body = JSON.stringify({ access_token: token(), token_type: 'Bearer' })
      response.setHeader('Content-Type', 'application/json')
      response.setHeader('Content-Length', Buffer.byteLength(body))
      response.end(body)
    })
  })
}

/** Signs constant claims with the current time. Creates no random values and no session. */
export function startSigned(alg: Algorithm): Promise<number> {
  const signToken = signByNode(alg)
  return startBare(() => {
    const now = Math.floor(Date.now() / 1000)
    return signToken({ iss: 'i', sub: 'user-1', aud: 'api', iat: now, exp: now + 300, jti: 'j' })
  })
}

/**
 * The minimal work of a server with refresh tokens: reads the credentials, creates a `jti`, a `sid`
 * and a refresh token, stores the session under the token's SHA-256, and sets the cookie. Checks
 * nothing.
 */
export function startSession(signToken: SignToken): Promise<number> {
  const sessions = new Map<string, { sid: string; sub: string }>()
  return serve(async (request, response) => {
    const { email } = JSON.parse(await readBody(request))
    const refreshToken = randomBytes(32).toString('base64url')
    const sid = randomBytes(12).toString('base64url')
    sessions.set(hash('sha256', refreshToken, 'base64url'), { sid, sub: email })
    const now = Math.floor(Date.now() / 1000)
    const jti = randomBytes(12).toString('base64url')
    const own = { iss: 'i', sub: email, aud: 'api', sid, auth_time: now }
    const token = await signToken({ ...own, iat: now, exp: now + 300, jti })
    const body = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 300 })
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Set-Cookie', `refresh_token=${refreshToken}; Path=/; HttpOnly`)
    response.setHeader('Content-Length', Buffer.byteLength(body))
    response.end(body)
  })
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => resolve(text))
  })
}

const header = (alg: Algorithm) => ({ alg, typ: 'at+jwt', kid: 'a' })

function generate(alg: Algorithm): KeyObject | undefined {
  if (alg === 'HS256') return undefined
  return alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** Creates a JWS with `node:crypto`, on the main thread. */
export function signByNode(alg: Algorithm): (claims: Claims) => string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part(header(alg))
  const key = generate(alg)
  return (claims) => {
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

/** Creates a JWS with jose, as the mock does: WebCrypto signs on a thread of the pool. */
export async function signByJose(alg: Algorithm): Promise<SignToken> {
  const { SignJWT, generateKeyPair } = await import('jose')
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  const key =
    alg === 'HS256'
      ? await webcrypto.subtle.generateKey(hmac, false, ['sign'])
      : (await generateKeyPair(alg)).privateKey
  return (claims) => new SignJWT(claims).setProtectedHeader(header(alg)).sign(key)
}
