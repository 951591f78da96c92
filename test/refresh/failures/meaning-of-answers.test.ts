// I4, I14: the contract names the refresh answers that end a session, and those that say that no
// session exists. Answers of proxies do neither.
import { type AnswerRules, AuthError, type Refusals } from 'everbearer'
import { describe, expect, it } from 'vitest'
import {
  refreshContext,
  refreshTimeoutMs,
  type ScriptedAnswer,
  setUpBackend
} from '../../support/setups/scripted-backend.ts'
import { uncaughtErrors } from '../../support/uncaught-errors.ts'

type Meaning = 'ends the session' | 'means no session' | 'decides nothing'

async function meaningOf(refusals: Refusals, scripted: ScriptedAnswer): Promise<Meaning> {
  const { tokenRequest, answer } = setUpBackend({ refusals })
  answer('/refresh', scripted)
  const answered = await tokenRequest.refresh(refreshContext({ accessToken: undefined }))
  if (answered.kind === 'rejected') return 'ends the session'
  if (answered.kind === 'undecided' && answered.meansNoSession) return 'means no session'
  return 'decides nothing'
}

const html = '<!doctype html><title>Denied</title>'
const asHtml = { 'Content-Type': 'text/html' }
const basic = { 'WWW-Authenticate': 'Basic realm="proxy"' }
const wait = { 'Retry-After': '30' }

it.each<[Meaning, string, ScriptedAnswer]>([
  ['ends the session', '401', { status: 401 }],
  [
    'ends the session',
    '401 with plain text that the server labels as HTML',
    { status: 401, body: 'Unauthorized', headers: asHtml }
  ],
  [
    'ends the session',
    '401 with an empty challenge',
    { status: 401, headers: { 'WWW-Authenticate': ' ' } }
  ],
  [
    'ends the session',
    '400 with an OAuth error',
    { status: 400, body: { error: 'invalid_grant' } }
  ],
  ['means no session', '400', { status: 400, body: { message: 'cookie missing' } }],
  ['means no session', '403', { status: 403 }],
  ['means no session', '404 in HTML', { status: 404, body: html, headers: asHtml }],
  ['means no session', '419', { status: 419 }],
  ['means no session', '422', { status: 422, body: {} }],
  ['means no session', '440', { status: 440 }],
  ['means no session', '498', { status: 498 }],
  ['means no session', '204', { status: 204 }],
  ['means no session', '200 with null', { body: 'null' }],
  ['means no session', '200 without a user', { body: { user: null } }],
  ['decides nothing', '200 in HTML', { body: html, headers: asHtml }],
  ['decides nothing', '401 with Retry-After', { status: 401, headers: wait }],
  ['decides nothing', '401 of another scheme', { status: 401, headers: basic }],
  ['decides nothing', '404 with Retry-After', { status: 404, headers: wait }],
  ['decides nothing', '403 of another scheme', { status: 403, headers: basic }],
  ['decides nothing', '408', { status: 408 }],
  ['decides nothing', '425', { status: 425 }],
  ['decides nothing', '429', { status: 429 }],
  ['decides nothing', '500', { status: 500 }],
  ['decides nothing', '503', { status: 503 }]
])('by default, %s: a refresh answered %s', async (meaning, _, answer) => {
  expect(await meaningOf({}, answer)).toBe(meaning)
})

it('does not take a challenge with the scheme of the contract for that of a proxy', async () => {
  const { tokenRequest, answer } = setUpBackend({ attach: { scheme: 'JWT' } })
  answer('/refresh', { status: 401, headers: { 'WWW-Authenticate': 'JWT realm="api"' } })
  expect((await tokenRequest.refresh(refreshContext())).kind).toBe('rejected')
})

describe('refusals.session', () => {
  const byCode = { status: 400, body: { 'error.code': 'TOKEN_EXPIRED' } }
  const expired = { error: { code: 'TOKEN_EXPIRED' } }

  it.each<[Meaning, string, AnswerRules, ScriptedAnswer]>([
    ['ends the session', 'names its status', 419, { status: 419 }],
    ['means no session', 'names another status', 419, { status: 401 }],
    ['ends the session', 'names its body', byCode, { status: 400, body: expired }],
    ['means no session', 'names another body', byCode, { status: 400, body: { error: {} } }],
    [
      'ends the session',
      'names a text in 2xx',
      { status: 200, text: 'signed out' },
      { body: 'You are signed out.' }
    ],
    ['decides nothing', 'names only its status', 401, { status: 401, headers: wait }],
    [
      'means no session',
      'names only its status',
      [401, 403],
      { status: 403, body: html, headers: asHtml }
    ],
    [
      'ends the session',
      'names its status and a text',
      [401, { status: 403, text: 'Denied' }],
      { status: 403, body: html, headers: { ...asHtml, ...wait } }
    ],
    [
      'ends the session',
      'names the challenge of the other scheme',
      { challenge: { scheme: 'Basic' } },
      { status: 401, headers: basic }
    ],
    [
      'ends the session',
      'is a function that returns true',
      async ({ status, json }) => status === 401 && (await json()) !== null,
      { status: 401, headers: wait, body: {} }
    ],
    ['means no session', 'is a function that returns false', () => false, { status: 401 }],
    ['means no session', 'is a function that returns false', () => false, { status: 401 }]
  ])('%s if it %s', async (meaning, _, session, answer) => {
    expect(await meaningOf({ session }, answer)).toBe(meaning)
  })

  it('leaves the decision to the default if its function throws, and reports the error', async () => {
    const thrown: unknown[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => {
      thrown.push(error)
    })
    const session = () => Promise.reject(new Error('in the app'))
    const meanings = [
      await meaningOf({ session }, { status: 401 }),
      await meaningOf({ session }, { status: 500 })
    ]
    await new Promise((resolve) => setImmediate(resolve))
    process.removeAllListeners('uncaughtException')
    for (const other of others) process.on('uncaughtException', other)
    expect(meanings).toEqual(['ends the session', 'decides nothing'])
    expect(thrown).toEqual(Array(2).fill(new Error('in the app')))
  })

  it('leaves the decision to the default if its function does not settle in time', async () => {
    const { tokenRequest, answer, tick } = setUpBackend({
      refusals: { session: () => new Promise(() => {}) }
    })
    const errors = uncaughtErrors()
    answer('/refresh', { status: 401 })
    const refreshing = tokenRequest.refresh(refreshContext())
    await new Promise((resolve) => setImmediate(resolve))
    tick(refreshTimeoutMs)
    expect((await refreshing).kind).toBe('rejected')
    await new Promise((resolve) => setImmediate(resolve))
    expect(errors).toMatchObject([{ code: 'ERR_AUTH_TIMEOUT' }])
  })
})

describe('refusals.noSession', () => {
  it.each<[Meaning, string, AnswerRules, ScriptedAnswer]>([
    ['means no session', 'names its status', 410, { status: 410 }],
    ['decides nothing', 'names another status', 410, { status: 404 }],
    ['means no session', 'names its body', { body: { user: 'null' } }, { body: '{"user":"null"}' }],
    ['decides nothing', 'names only its status', 403, { status: 403, headers: wait }],
    ['means no session', 'names a text', { text: 'Denied' }, { body: html, headers: asHtml }]
  ])('%s if it %s', async (meaning, _, noSession, answer) => {
    expect(await meaningOf({ noSession }, answer)).toBe(meaning)
  })
})

it('ends the session if the function that reads the tokens throws ERR_AUTH_SESSION_EXPIRED', async () => {
  const { tokenRequest, answer } = setUpBackend({
    tokens: () => {
      throw new AuthError('ERR_AUTH_SESSION_EXPIRED', 'Over.')
    }
  })
  answer('/refresh', { body: {} })
  expect(await tokenRequest.refresh(refreshContext())).toMatchObject({
    kind: 'rejected',
    status: 200
  })
})
