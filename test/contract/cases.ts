// The contract: what holds for every client behind every door. Each case starts on an empty server, without a cookie.
import { type Answer, type Bed, equal, statusOf } from './setup/contract-setup.ts'

/** What a door needs to have for a case to mean anything. */
export type Need = 'a page' | 'a credentials mode' | 'a jar of its own'

export interface Case {
  readonly name: string
  readonly needs?: Need
  /** The case itself puts a token into a URL: whoever writes URLs down then writes it down too. */
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

/** Empties the server, and the cookie jar of a client that survives it. */
export async function begin(bed: Bed): Promise<void> {
  await bed.mock.reset()
  await post(bed, '/logout')
  await bed.mock.reset()
}

export const cases: readonly Case[] = [
  {
    name: 'a session lives from sign-in over three refreshes to sign-out, by the cookie alone',
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
    name: 'a wrong password opens nothing',
    async run(bed) {
      equal((await post(bed, '/login', { ...ada, password: 'byron' })).status, 401, 'login')
      await refresh(bed)
      equal(await outcomes(bed, 'refresh'), ['no_cookie'], 'refresh')
    }
  },
  {
    name: 'signing in again ends the session of before',
    async run(bed) {
      const first = await signIn(bed)
      const second = await signIn(bed, grace)
      equal((await get(bed, '/me', first)).status, 401, 'the first token')
      equal(JSON.parse((await get(bed, '/me', second)).text).email, grace.email, 'the second one')
    }
  },
  {
    name: 'no script can read the refresh cookie',
    needs: 'a page',
    async run(bed) {
      await signIn(bed)
      equal(document.cookie.includes('refresh_token'), false, 'document.cookie shows it')
      equal((await refresh(bed)).status, 200, 'refresh')
    }
  },
  {
    name: 'a form cannot refresh',
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
    name: 'a refresh that omits credentials brings no cookie, and is blamed for it',
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
    name: 'handlers of one’s own stand behind the guard',
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
    name: 'a rotated key re-issues the token in a header that the page reads',
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
    name: 'a retired key’s token is refused, and a refresh helps',
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
    name: 'revoked access tokens are refused, and a refresh helps',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.revokeAccessTokens()
      equal((await get(bed, '/me', token)).status, 401, 'the old token')
      equal((await get(bed, '/me', tokenOf(await refresh(bed)))).status, 200, 'the new one')
    }
  },
  {
    name: 'an ended session refuses token and cookie',
    async run(bed) {
      const token = await signIn(bed)
      await bed.mock.endSessions()
      equal((await get(bed, '/me', token)).status, 401, 'the token')
      await refresh(bed)
      equal(await outcomes(bed, 'refresh'), ['session_revoked'], 'refresh')
    }
  },
  {
    name: 'the server’s clock moves without the client’s',
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
    name: 'two refreshes at once get one successor, and are blamed',
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
    name: 'a planned answer arrives with its headers, once',
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
    name: 'a lost connection is no answer, and happens once',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'network')
      equal(await statusOf(refresh(bed)), 'nothing', 'the lost one')
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['fault_injected', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'an answer that is lost after the rotation is forgiven',
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
    name: 'an answer that is cut in the middle of its body is no whole answer',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'cut')
      equal(await statusOf(refresh(bed)), 'nothing', 'the cut one')
      equal((await refresh(bed)).status, 200, 'the next one')
    }
  },
  {
    name: 'the cookie of an answer that was cut has arrived',
    async run(bed) {
      await signIn(bed)
      await bed.mock.failNext('refresh', 'cut', { after: 'commit' })
      await statusOf(refresh(bed))
      equal((await refresh(bed)).status, 200, 'the next one')
      equal(await outcomes(bed, 'refresh'), ['rotated', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'a malformed answer is a 200 that is no JSON',
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
    name: 'a call that hangs ends when its client gives up',
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
    name: 'a gate holds calls until it is released',
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
    name: 'a gate after the commit holds the answer alone',
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
    name: 'a cookie from before a reset is unknown, and no reuse',
    needs: 'a jar of its own',
    async run(bed) {
      await signIn(bed)
      await bed.mock.reset()
      equal((await refresh(bed)).status, 401, 'refresh')
      equal(await outcomes(bed, 'refresh'), ['unknown_session'], 'outcome')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'a token in a URL is blamed',
    tokenInUrl: true,
    async run(bed) {
      const token = await signIn(bed)
      await get(bed, `/me?access_token=${token}`)
      equal(await brokenRules(bed), ['token-in-url'], 'violations')
    }
  },
  {
    name: 'a token on its way to another origin is blamed',
    async run(bed) {
      const token = await signIn(bed)
      await statusOf(get(bed, '/collect', token, bed.elsewhere))
      equal(await brokenRules(bed), ['bearer-to-foreign-origin'], 'violations')
    }
  },
  {
    name: 'a page of another origin reads what is exposed, and nothing else',
    async run(bed) {
      const token = await signIn(bed)
      const answer = await get(bed, '/api/todos', token, bed.abroad)
      equal(answer.text, '["user-1"]', 'the body')
      equal([answer.header('x-total'), answer.header('x-secret')], ['1', null], 'headers')
    }
  },
  {
    name: 'the cookie serves a page of another origin on the same site',
    async run(bed) {
      await post(bed, '/login', ada, bed.abroad)
      equal((await post(bed, '/refresh', {}, bed.abroad)).status, 200, 'refresh')
      equal(await brokenRules(bed), [], 'violations')
    }
  },
  {
    name: 'a page of another origin may not send a header that no preflight allows',
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
    name: 'a page whose origin is not allowed gets nothing',
    async run(bed) {
      equal(await statusOf(get(bed, '/me', 'any', bed.strict)), 'nothing', 'the answer')
      equal(await statusOf(get(bed, '/me', undefined, bed.strict)), 'nothing', 'a simple one')
    }
  }
]
