// Fastify app: @fastify/jwt signs both tokens, and @fastify/cookie carries the refresh token.
import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'

const user = { id: 'user-7', email: 'ann@example.com', password: 'correct-Horse-1' }
const cookieOptions = { path: '/', httpOnly: true, secure: true, sameSite: true }
const revoked = new Set()

const app = Fastify()
await app.register(cookie)
await app.register(jwt, {
  secret: randomUUID(),
  cookie: { cookieName: 'refreshToken' },
  trusted: (_request, token) => !revoked.has(token.jti)
})

const authenticate = (request) => request.jwtVerify()

app.post('/login', async ({ body }, reply) => {
  if (body?.email !== user.email || body.password !== user.password) {
    return reply.code(401).send({ error: 'Unauthorized', message: 'Wrong email or password' })
  }
  return issue(reply)
})

app.post('/refresh', async (request, reply) => {
  await request.jwtVerify({ onlyCookie: true })
  revoked.add(request.user.jti)
  return issue(reply)
})

app.post('/logout', { onRequest: authenticate }, async (request, reply) => {
  const refreshToken = app.jwt.decode(request.cookies.refreshToken ?? '')
  revoked.add(request.user.jti)
  if (refreshToken !== null) revoked.add(refreshToken.jti)
  return reply.clearCookie('refreshToken', cookieOptions).code(204).send()
})

app.get('/me', { onRequest: authenticate }, ({ user }) => ({ id: user.sub, name: user.name }))

async function issue(reply) {
  const claims = { sub: user.id, name: 'Ann' }
  const token = await reply.jwtSign({ ...claims, jti: randomUUID() }, { expiresIn: '6s' })
  const refreshToken = await reply.jwtSign({ ...claims, jti: randomUUID() }, { expiresIn: '7d' })
  return reply.setCookie('refreshToken', refreshToken, cookieOptions).send({ token })
}

process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`)
process.stdin.resume().on('end', () => process.exit())
