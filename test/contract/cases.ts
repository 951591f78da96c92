// The contract: cases that hold for every client through every adapter.
// Each case starts with an empty server and without a cookie.
import { type Answer, type Bed, equal, statusOf } from './setup/contract-setup.ts'

/** A property that an adapter needs for a case to apply. */
export type Need = 'a page' | 'a credentials mode' | 'its own cookie jar'

export interface Case {
  readonly name: string
  readonly needs?: Need
  /** The case itself puts a token into a URL, so logs of URLs contain the token too. */
  readonly tokenInUrl?: true
  run(bed: Bed): Promise<void>
}

const ada = { email: 'ada@example.com', password: 'lovelace' }
const grace = { email: 'grace@example.com', password: 'hopper' }
export const users: readonly (typeof ada)[] = [ada, grace]

const json = { 'Content-Type': 'application/json' }
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

const post = (bed: Bed, path: string, body: object = {}, base = bed.home): Promise<Answer> =>
  bed.send({ method: 'POST', url: base + path, headers: json, body: JSON.stringify(body) })
const get = (bed: Bed, path: string, token?: string, base = bed.home): Promise<Answer> =>
  bed.send({
    method: 'GET',
    url: base + path,
    ...(token === undefined ? {} : { headers: bearer(token) })
  })
const tokenOf = (answer: Answer): string => JSON.parse(answer.text).access_token
const signIn = async (bed: Bed, who: object = ada) => tokenOf(await post(bed, '/login', who))
const refresh = (bed: Bed) => post(bed, '/refresh')
const outcomes = async (bed: Bed, route: string) =>
  (await bed.mock.calls()).filter((call) => call.route === route).map(({ outcome }) => outcome)
const brokenRules = async (bed: Bed) => [
  ...new Set((await bed.mock.violations()).map(({ rule }) => rule))
]

/** Empties the server and the client's cookie jar. */
export async function begin(bed: Bed): Promise<void> {
  await bed.mock.reset()
  await post(bed, '/logout')
  await bed.mock.reset()
}

export const cases: readonly Case[] = [
  {
    name: 'keeps a session from sign-in through three refreshes to sign-out with the cookie alone',
    async run(bed) {
      await signIn(bed)
      for (let round = 0; round < 3; round += 1) equal((await refresh(bed)).status, 200, 'refresh')
      equal((await post(bed, '/logout')).status, 204, 'logout')
      equal((await refresh(bed)).status, 401, 'refresh after logout')
      const seen = (await bed.mock.calls())
        .filter(({ route }) => route !== 'preflight')
        .map(({ outcome }) => outcome)
      const rotated = ['rotated', 'rotated', 'rotated']
      equal(seen, ['signed_in', ...rotated, 'signed_out', 'no_cookie'], 'outcomes')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'starts no session for a wrong password',
    async run(bed) {
      equal((await post(bed, '/login', { ...ada, password: 'byron' })).status, 401, 'login')
      await refresh(bed)
      equal(await outcomes(bed, 'refresh'), ['no_cookie'], 'refresh')
    }
  },
  {
    name: 'ends the previous session when the user signs in again',
    async run(bed) {
      const first = await signIn(bed)
      const second = await signIn(bed, grace)
      equal((await get(bed, '/me', first)).status, 401, 'the first token')
      equal(JSON.parse((await get(bed, '/me', second)).text).email, grace.email, 'the second one')
    }
  },
  {
    name: 'hides the refresh cookie from scripts',
    needs: 'a page',
    async run(bed) {
      await signIn(bed)
      equal(document.cookie.includes('refresh_token'), false, 'document.cookie shows it')
      equal((await refresh(bed)).status, 200, 'refresh')
    }
  },
  {
    name: 'refuses a refresh with the content type of a form',
    async run(bed) {
      await signIn(bed)
      const forged = await bed.send({
        method: 'POST',
        url: `${bed.home}/refresh`,
        headers: { 'Content-Type': 'text/plain' },
        body: '{}'
      })
      equal(forged.status, 415, 'a refresh as plain text')
      equal((await refresh(bed)).status, 200, 'a refresh as JSON')
    }
  },
  {
    name: 'reports a refresh that omits credentials and so carries no cookie',
    needs: 'a credentials mode',
    async run(bed) {
      await signIn(bed)
      const url = `${bed.home}/refresh`
      await bed.send({ method: 'POST', url, headers: json, body: '{}', credentials: 'omit' })
      equal(await outcomes(bed, 'refresh'), ['no_cookie'], 'refresh')
      equal(await brokenRules(bed), ['refresh-without-credentials'], 'violations')
    }
  },
  {
    name: 'checks the token for handlers of the app too',
    async run(bed) {
      const token = await signIn(bed)
      equal((await get(bed, '/api/todos')).status, 401, 'without a token')
      equal((await get(bed, '/api/todos', `${token}x`)).status, 401, 'with a forged one')
      equal((await get(bed, '/api/todos', token)).text, '["user-1"]', 'with a good one')
      equal(
        await outcomes(bed, 'protected'),
        ['missing_token', 'bad_signature', 'accepted'],
        'outcomes'
      )
    }
  },
  {
    name: 're-issues the token in a readable header after a key rotation',
    async run(bed) {
      const token = await signIn(bed)
      const { kid } = await bed.mock.rotateKey()
      for (const path of ['/me', '/api/todos']) {
        const reissued = (await get(bed, path, token)).header('authorization')?.slice(7) ?? ''
        equal((await get(bed, path, reissued)).header('authorization'), null, 'a second re-issue')
      }
      const kids = (await bed.mock.calls()).filter(({ jti }) => jti).map((call) => call.kid === kid)
      equal(kids, [false, true, false, true], 'calls with the new key')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'refuses a token of a retired key until a refresh',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.rotateKey()
      await bed.mock.retireKey()
      equal((await get(bed, '/me', token)).status, 401, 'the old token')
      equal((await get(bed, '/me', tokenOf(await refresh(bed)))).status, 200, 'the new one')
      const accepted = (await outcomes(bed, 'me')).map((outcome) => outcome === 'accepted')
      equal(accepted, [false, true], 'accepted')
    }
  },
  {
    name: 'refuses revoked access tokens until a refresh',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.revokeAccessTokens()
      equal((await get(bed, '/me', token)).status, 401, 'the old token')
      equal((await get(bed, '/me', tokenOf(await refresh(bed)))).status, 200, 'the new one')
    }
  },
  {
    name: 'refuses token and cookie of an ended session',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.endSessions()
      equal((await get(bed, '/me', token)).status, 401, 'the token')
      await refresh(bed)
      equal(await outcomes(bed, 'refresh'), ['session_revoked'], 'refresh')
    }
  },
  {
    name: 'moves the server clock without the client clock',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.advance(295)
      equal((await get(bed, '/me', token)).status, 200, 'shortly before the end')
      await bed.mock.advance(5)
      equal((await get(bed, '/me', token)).status, 401, 'at the end')
      equal((await get(bed, '/me', tokenOf(await refresh(bed)))).status, 200, 'the next token')
      await bed.mock.advance(604_800)
      await refresh(bed)
      equal(await outcomes(bed, 'refresh'), ['rotated', 'session_expired'], 'refresh')
    }
  },
  {
    name: 'gives two parallel refreshes one successor, and reports them',
    async run(bed) {
      await signIn(bed)
      const gate = await bed.mock.hold('refresh')
      const both = [refresh(bed), refresh(bed)]
      await bed.mock.arrived(gate, 2)
      await bed.mock.release(gate)
      equal(
        (await Promise.all(both)).map(({ status }) => status),
        [200, 200],
        'both'
      )
      equal((await outcomes(bed, 'refresh')).sort(), ['replayed', 'rotated'], 'outcomes')
      equal(await brokenRules(bed), ['parallel-refresh'], 'violations')
      equal((await refresh(bed)).status, 200, 'the next refresh')
    }
  },
  {
    name: 'sends a planned answer with its headers once',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', {
        status: 503,
        headers: { 'Retry-After': '2', 'Access-Control-Expose-Headers': 'Retry-After' },
        body: { error: 'temporarily_unavailable' }
      })
      const failed = await refresh(bed)
      equal([failed.status, failed.header('retry-after')], [503, '2'], 'the answer')
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['fault_injected', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'loses the connection once, without an answer',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'network')
      equal(await statusOf(refresh(bed)), 'nothing', 'the lost one')
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['fault_injected', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'accepts the old refresh token if the answer after the rotation was lost',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'network', { after: 'commit' })
      equal(await statusOf(refresh(bed)), 'nothing', 'the lost one')
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['rotated', 'replayed'], 'outcomes')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'fails a request if its answer is cut in the middle of its body',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'cut')
      equal(await statusOf(refresh(bed)), 'nothing', 'the cut one')
      equal((await refresh(bed)).status, 200, 'the next one')
    }
  },
  {
    name: 'delivers the cookie of a cut answer',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'cut', { after: 'commit' })
      await statusOf(refresh(bed))
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['rotated', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'sends a malformed answer as a 200 with invalid JSON',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'malformed', { after: 'commit' })
      const { status, text } = await refresh(bed)
      equal(
        [status, text.startsWith('{"access_token"'), text.endsWith('}')],
        [200, true, false],
        'it'
      )
    }
  },
  {
    name: 'ends a hanging call when the client aborts it',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'hang')
      const giveUp = new AbortController()
      const hanging = statusOf(
        bed.send({
          method: 'POST',
          url: `${bed.home}/refresh`,
          headers: json,
          body: '{}',
          signal: giveUp.signal
        })
      )
      while ((await outcomes(bed, 'refresh')).length === 0) await bed.mock.idle()
      equal(await outcomes(bed, 'refresh'), ['pending'], 'while it hangs')
      giveUp.abort()
      equal(await hanging, 'nothing', 'what the client gets')
      equal((await refresh(bed)).status, 200, 'the next one')
    }
  },
  {
    name: 'holds calls at a gate until it is released',
    async run(bed) {
      const token = await signIn(bed)
      const gate = await bed.mock.hold('api')
      const held = [get(bed, '/me', token), get(bed, '/api/todos', token)]
      await bed.mock.arrived(gate, 2)
      await bed.mock.revokeAccessTokens()
      await bed.mock.release(gate)
      equal(
        (await Promise.all(held)).map(({ status }) => status),
        [401, 401],
        'both'
      )
    }
  },
  {
    name: 'holds only the answer at a gate after the commit',
    async run(bed) {
      await signIn(bed)
      const gate = await bed.mock.hold('refresh', 'commit')
      const held = refresh(bed)
      await bed.mock.arrived(gate, 1)
      await bed.mock.endSessions()
      await bed.mock.release(gate)
      equal((await held).status, 200, 'the refresh')
    }
  },
  {
    name: 'treats a cookie from before a reset as unknown, not as reuse',
    needs: 'its own cookie jar',
    async run(bed) {
      await signIn(bed)
      await bed.mock.reset()
      equal((await refresh(bed)).status, 401, 'refresh')
      equal(await outcomes(bed, 'refresh'), ['unknown_session'], 'outcome')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'reports a token in a URL',
    tokenInUrl: true,
    async run(bed) {
      const token = await signIn(bed)
      await get(bed, `/me?access_token=${token}`)
      equal(await brokenRules(bed), ['token-in-url'], 'violations')
    }
  },
  {
    name: 'reports a token that is sent to another origin',
    async run(bed) {
      const token = await signIn(bed)
      await statusOf(get(bed, '/collect', token, bed.elsewhere))
      equal(await brokenRules(bed), ['bearer-to-foreign-origin'], 'violations')
    }
  },
  {
    name: 'shows only exposed headers to a page of another origin',
    async run(bed) {
      const token = await signIn(bed)
      const answer = await get(bed, '/api/todos', token, bed.abroad)
      equal(answer.text, '["user-1"]', 'the body')
      equal([answer.header('x-total'), answer.header('x-secret')], ['1', null], 'headers')
    }
  },
  {
    name: 'accepts the cookie from a page of another origin on the same site',
    async run(bed) {
      await post(bed, '/login', ada, bed.abroad)
      equal((await post(bed, '/refresh', {}, bed.abroad)).status, 200, 'refresh')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'blocks a header that the preflight does not allow',
    async run(bed) {
      const token = await signIn(bed)
      const headers = { ...bearer(token), 'X-Client': 'spa' }
      const url = `${bed.abroad}/api/todos`
      equal(await statusOf(bed.send({ method: 'GET', url, headers })), 'nothing', 'the answer')
      equal(await brokenRules(bed), ['cors-blocked'], 'violations')
      equal((await outcomes(bed, 'protected')).includes('accepted'), false, 'the handler was asked')
    }
  },
  {
    name: 'answers nothing to a page of an origin that is not allowed',
    async run(bed) {
      equal(await statusOf(get(bed, '/me', 'any', bed.strict)), 'nothing', 'the answer')
      equal(await statusOf(get(bed, '/me', undefined, bed.strict)), 'nothing', 'a simple one')
    }
  }
]
