// I1: an idempotency key ends with an answer of the server. Only a gateway's 502 or 504, or no
// answer, leaves open whether the server has processed the refresh.
import { expect, it } from 'vitest'
import {
  answers,
  type Fault,
  hangs,
  setUpFaultyServer
} from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

/** The keys of a refresh that gets this answer, and of the next refresh. */
async function keysAround(fault: Fault): Promise<readonly (string | undefined)[]> {
  const contract = { refresh: { idempotencyKey: 'always' } } as const
  const { auth, clock, idle, ...setup } = setUpFaultyServer({ contract })
  await auth.login(ada)
  setup.fault('/refresh', fault)
  const first = auth.refresh().catch(() => {})
  await idle()
  clock.tick(31_000)
  await first
  await idle()
  await auth.refresh()
  return setup.keysSent().slice(0, 2)
}

const answered: readonly [string, Fault][] = [
  ['503', answers(503)],
  ['500', answers(500)],
  ['429', answers(429)],
  ['404', answers(404)],
  ['403 of a firewall', answers(403, { message: 'Forbidden' })],
  ['503 with Retry-After', answers(503, '', { 'Retry-After': '1' })],
  ['200 without a token', answers(200, { user: null })],
  ['200 with HTML', answers(200, '<!doctype html>', { 'Content-Type': 'text/html' })],
  ['a redirect', answers(302, '', { Location: '/sign-in' })]
]

it.each(answered)('sends another key after %s', async (_, fault) => {
  const [first, second] = await keysAround(fault)
  expect(first).toEqual(expect.any(String))
  expect(second).not.toBe(first)
})

const unanswered: readonly [string, Fault][] = [
  ['502', answers(502)],
  ['504', answers(504)],
  ['a lost connection', () => Promise.reject(new TypeError('the connection was reset'))],
  ['no answer until it is abandoned', hangs]
]

it.each(unanswered)('repeats the key after %s', async (_, fault) => {
  const [first, second] = await keysAround(fault)
  expect(first).toEqual(expect.any(String))
  expect(second).toBe(first)
})
