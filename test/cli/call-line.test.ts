// Call line: one line per call, with colours for terminals only.
import { createMockAuthServer } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { createPaint, formatCall } from '../../src/cli/call-line.ts'

async function lastCall(status: 401 | 404) {
  const server = createMockAuthServer()
  const path = status === 401 ? '/me' : '/nowhere'
  await server.handle({ method: 'GET', url: `http://localhost${path}`, headers: [] })
  const call = server.calls[0]
  if (call === undefined) throw new Error('no call')
  return call
}

it.each([
  ['uses colours in a terminal', true, undefined, true],
  ['uses colours in a terminal with an empty NO_COLOR', true, '', true],
  ['uses no colours in a terminal with NO_COLOR', true, '1', false],
  ['uses no colours in a pipe', false, undefined, false]
])('%s', async (_name, isTerminal, noColor, expected) => {
  const line = formatCall(await lastCall(401), createPaint(isTerminal, noColor))
  expect(line.includes('\u001b[33m401\u001b[0m')).toBe(expected)
  expect(line.includes('\u001b')).toBe(expected)
})

it('ends with the kid of the token, or with the old and the new kid of a re-issue', async () => {
  const plain = createPaint(false, undefined)
  const call = await lastCall(404)

  expect(formatCall(call, plain)).toMatch(/^\d\d:\d\d:\d\d GET \/nowhere {13}404 not_found$/)
  expect(formatCall({ ...call, kid: 'a' }, plain)).toMatch(/not_found a$/)
  expect(formatCall({ ...call, kid: 'a', issuedKid: 'b', reissued: true }, plain)).toMatch(
    /not_found a -> b$/
  )
})
