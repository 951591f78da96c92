// Fastify contract: @fastify/jwt with the access token in the body, the refresh token in a cookie.
import type { AuthContract } from 'everbearer'

export const fastify: AuthContract = { tokens: { accessToken: 'token' } }
