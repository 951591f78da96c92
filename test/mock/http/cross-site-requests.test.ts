// CSRF check: refuses requests that another site could have sent in the user's name.
import { describe, expect, it } from 'vitest'
import {
  base,
  createServerWithClock,
  json,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

type Rows = [string, string][]

async function ask(path: string, method: string, rows: Rows, body = '{}', origin = base) {
  const { server } = createServerWithClock({ allowedOrigins: ['https://app.example.com'] })
  const ada = openBrowser(overWire(server, origin))
  await ada.login()
  const cookie = ada.cookie
  const headers: Rows = [...rows, ['Cookie', `refresh_token=${cookie}`]]
  const answer = await server.handle({ method, url: origin + path, headers, body })
  const decision = outcome(server)
  ada.cookie = cookie
  const isUntouched =
    (await ada.refresh()).status === 200 &&
    server.calls.filter((call) => call.outcome === 'rotated').length === 1
  return { answer, decision, isUntouched }
}

const refused: [string, string, Rows, number, string][] = [
  ['a GET', 'GET', [json], 405, 'method_not_allowed'],
  ['a HEAD', 'HEAD', [json], 405, 'method_not_allowed'],
  ['a PUT', 'PUT', [json], 405, 'method_not_allowed'],
  ['no content type', 'POST', [], 415, 'unsupported_media_type'],
  [
    'a form',
    'POST',
    [['Content-Type', 'application/x-www-form-urlencoded']],
    415,
    'unsupported_media_type'
  ],
  [
    'a multipart form',
    'POST',
    [['Content-Type', 'multipart/form-data; boundary=x']],
    415,
    'unsupported_media_type'
  ],
  ['plain text', 'POST', [['Content-Type', 'text/plain']], 415, 'unsupported_media_type'],
  [
    'plain text with JSON as a parameter',
    'POST',
    [['Content-Type', 'text/plain; application/json']],
    415,
    'unsupported_media_type'
  ],
  ['a foreign origin', 'POST', [json, ['Origin', 'https://evil.test']], 403, 'cross_site'],
  ['another subdomain', 'POST', [json, ['Origin', 'https://evil.example.com']], 403, 'cross_site'],
  ['another scheme', 'POST', [json, ['Origin', 'http://app.example.com']], 403, 'cross_site'],
  ['another port', 'POST', [json, ['Origin', 'http://localhost:4001']], 403, 'cross_site'],
  ['an opaque origin', 'POST', [json, ['Origin', 'null']], 403, 'cross_site'],
  ['a malformed origin', 'POST', [json, ['Origin', '%%%']], 403, 'cross_site'],
  [
    'another site without an origin',
    'POST',
    [json, ['Sec-Fetch-Site', 'cross-site']],
    403,
    'cross_site'
  ],
  [
    'a foreign origin with Sec-Fetch-Site: same-site',
    'POST',
    [json, ['Origin', 'https://evil.test'], ['Sec-Fetch-Site', 'same-site']],
    403,
    'cross_site'
  ]
]

describe.each(['/refresh', '/logout'])('the endpoint %s', (path) => {
  it.each(refused)(
    'refuses %s and does not change the session',
    async (_n, method, rows, status, reason) => {
      const { answer, decision, isUntouched } = await ask(path, method, rows)

      expect([answer.status, decision]).toEqual([status, reason])
      expect(answer.setCookies).toEqual([])
      expect(isUntouched).toBe(true)
    }
  )
})

const accepted: [string, Rows][] = [
  ['JSON without browser headers', [json]],
  ['JSON in another spelling', [['content-type', 'Application/JSON; charset=utf-8']]],
  ['its own origin', [json, ['Origin', base], ['Sec-Fetch-Site', 'same-origin']]],
  ['an allowed origin', [json, ['Origin', 'https://app.example.com']]],
  [
    'an allowed origin on another site',
    [json, ['Origin', 'https://app.example.com'], ['Sec-Fetch-Site', 'cross-site']]
  ]
]

it.each(accepted)('/refresh accepts %s', async (_name, rows) => {
  const { answer, decision } = await ask('/refresh', 'POST', rows)
  expect([answer.status, decision]).toEqual([200, 'rotated'])
})

it('refuses a login from a foreign origin and starts no session', async () => {
  const body = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  const { answer } = await ask('/login', 'POST', [json, ['Origin', 'https://evil.test']], body)
  expect([answer.status, answer.setCookies]).toEqual([403, []])
})

it('lists the allowed methods in the answer to a refused method', async () => {
  const { answer } = await ask('/refresh', 'GET', [])
  expect(answer.headers).toContainEqual(['Allow', 'POST, OPTIONS'])
})
