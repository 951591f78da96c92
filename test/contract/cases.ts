// The contract: cases that hold for every client through every adapter.
// Each case starts with an empty server and without a cookie.
import { type Answer, equal, type Setup, statusOf } from './setup/contract-setup.ts'

/** A property that an adapter needs for a case to apply. */
export type Need = 'a page' | 'a credentials mode' | 'its own cookie jar'

export interface Case {
  readonly name: string
  readonly needs?: Need
  /** The case itself puts a token into a URL, so logs of URLs contain the token too. */
  readonly tokenInUrl?: true
  run(setup: Setup): Promise<void>
}

const ada = { email: 'ada@example.com', password: 'lovelace' }
const grace = { email: 'grace@example.com', password: 'hopper' }
export const users: readonly (typeof ada)[] = [ada, grace]

const call = (setup: Setup, shape: Shape, base = setup.home): Promise<Answer> => {
  const { path, ...request } = shape
  return setup.send({ ...request, url: base + path })
}
type Shape = Setup['dialect']['refresh']
const get = (setup: Setup, path: string, token?: string, base = setup.home): Promise<Answer> =>
  setup.send({
    method: 'GET',
    url: base + path,
    ...(token === undefined ? {} : { headers: setup.dialect.carry(token) })
  })
const login = (setup: Setup, who = ada, base = setup.home) =>
  call(setup, setup.dialect.login(who), base)
const signIn = async (setup: Setup, who = ada) => setup.dialect.tokenOf(await login(setup, who))
const refresh = (setup: Setup, base = setup.home) => call(setup, setup.dialect.refresh, base)
const logout = (setup: Setup) => call(setup, setup.dialect.logout)
const tokenOf = ({ dialect }: Setup, answer: Answer) => dialect.tokenOf(answer)
const me = (setup: Setup, token?: string) => get(setup, setup.dialect.me, token)
const todos = (setup: Setup, token?: string) => get(setup, setup.dialect.todos, token)
const refused = ({ dialect }: Setup) => dialect.statuses.accessToken
const outcomes = async (setup: Setup, route: string) =>
  (await setup.mock.calls()).filter((call) => call.route === route).map(({ outcome }) => outcome)
const brokenRules = async (setup: Setup) => [
  ...new Set((await setup.mock.violations()).map(({ rule }) => rule))
]

/** Empties the server and the client's cookie jar. */
export async function begin(setup: Setup): Promise<void> {
  await setup.mock.reset()
  await logout(setup)
  await setup.mock.reset()
}

export const cases: readonly Case[] = [
  {
    name: 'keeps a session from sign-in through three refreshes to sign-out with the cookie alone',
    async run(setup) {
      await signIn(setup)
      for (let round = 0; round < 3; round += 1)
        equal((await refresh(setup)).status, 200, 'refresh')
      equal((await logout(setup)).status, setup.dialect.statuses.signedOut, 'logout')
      equal((await refresh(setup)).status, setup.dialect.statuses.noSession, 'after logout')
      const seen = (await setup.mock.calls())
        .filter(({ route }) => route !== 'preflight')
        .map(({ outcome }) => outcome)
      const rotated = ['rotated', 'rotated', 'rotated']
      equal(seen, ['signed_in', ...rotated, 'signed_out', 'no_cookie'], 'outcomes')
      equal(await brokenRules(setup), [], 'violations')
    }
  },
  {
    name: 'starts no session for a wrong password',
    async run(setup) {
      const wrong = await login(setup, { ...ada, password: 'byron' })
      equal(wrong.status, setup.dialect.statuses.credentials, 'login')
      await refresh(setup)
      equal(await outcomes(setup, 'refresh'), ['no_cookie'], 'refresh')
    }
  },
  {
    name: 'ends the previous session when the user signs in again',
    async run(setup) {
      const first = await signIn(setup)
      const second = await signIn(setup, grace)
      equal((await me(setup, first)).status, refused(setup), 'the first token')
      equal(JSON.parse((await me(setup, second)).text).email, grace.email, 'the second one')
    }
  },
  {
    name: 'hides the refresh cookie from scripts',
    needs: 'a page',
    async run(setup) {
      await signIn(setup)
      equal(document.cookie.includes('refresh_token'), false, 'document.cookie shows it')
      equal((await refresh(setup)).status, 200, 'refresh')
    }
  },
  {
    name: 'refuses a refresh with the content type of a form',
    async run(setup) {
      await signIn(setup)
      const headers = { 'Content-Type': 'text/plain' }
      const forged = await call(setup, { ...setup.dialect.refresh, headers })
      equal(forged.status, 415, 'a refresh as plain text')
      equal((await refresh(setup)).status, 200, 'a refresh with the right type')
    }
  },
  {
    name: 'reports a refresh that omits credentials and so carries no cookie',
    needs: 'a credentials mode',
    async run(setup) {
      await signIn(setup)
      await call(setup, { ...setup.dialect.refresh, credentials: 'omit' })
      equal(await outcomes(setup, 'refresh'), ['no_cookie'], 'refresh')
      equal(await brokenRules(setup), ['refresh-without-credentials'], 'violations')
    }
  },
  {
    name: 'checks the token for handlers of the app too',
    async run(setup) {
      const token = await signIn(setup)
      equal((await todos(setup)).status, refused(setup), 'without a token')
      equal((await todos(setup, `${token}x`)).status, refused(setup), 'with a forged one')
      equal((await todos(setup, token)).text, '["user-1"]', 'with a good one')
      equal(
        await outcomes(setup, 'protected'),
        ['missing_token', 'bad_signature', 'accepted'],
        'outcomes'
      )
    }
  },
  {
    name: 're-issues the token in a readable header after a key rotation',
    async run(setup) {
      const token = await signIn(setup)
      const { kid } = await setup.mock.rotateKey()
      const { reissuedOf } = setup.dialect
      for (const ask of [me, todos]) {
        const reissued = reissuedOf(await ask(setup, token)) ?? ''
        equal(reissuedOf(await ask(setup, reissued)), null, 'a second re-issue')
      }
      const kids = (await setup.mock.calls())
        .filter(({ jti }) => jti)
        .map((call) => call.kid === kid)
      equal(kids, [false, true, false, true], 'calls with the new key')
      equal(await brokenRules(setup), [], 'violations')
    }
  },
  {
    name: 'refuses a token of a retired key until a refresh',
    async run(setup) {
      const token = await signIn(setup)
      await setup.mock.rotateKey()
      await setup.mock.retireKey()
      equal((await me(setup, token)).status, refused(setup), 'the old token')
      equal((await me(setup, tokenOf(setup, await refresh(setup)))).status, 200, 'the new one')
      const accepted = (await outcomes(setup, 'me')).map((outcome) => outcome === 'accepted')
      equal(accepted, [false, true], 'accepted')
    }
  },
  {
    name: 'refuses revoked access tokens until a refresh',
    async run(setup) {
      const token = await signIn(setup)
      await setup.mock.revokeAccessTokens()
      equal((await me(setup, token)).status, refused(setup), 'the old token')
      equal((await me(setup, tokenOf(setup, await refresh(setup)))).status, 200, 'the new one')
    }
  },
  {
    name: 'refuses token and cookie of an ended session',
    async run(setup) {
      const token = await signIn(setup)
      await setup.mock.endSessions()
      equal((await me(setup, token)).status, refused(setup), 'the token')
      await refresh(setup)
      equal(await outcomes(setup, 'refresh'), ['session_revoked'], 'refresh')
    }
  },
  {
    name: 'moves the server clock without the client clock',
    async run(setup) {
      const token = await signIn(setup)
      await setup.mock.advance(295)
      equal((await me(setup, token)).status, 200, 'shortly before the end')
      await setup.mock.advance(5)
      equal((await me(setup, token)).status, refused(setup), 'at the end')
      equal((await me(setup, tokenOf(setup, await refresh(setup)))).status, 200, 'the next token')
      await setup.mock.advance(604_800)
      await refresh(setup)
      equal(await outcomes(setup, 'refresh'), ['rotated', 'session_expired'], 'refresh')
    }
  },
  {
    name: 'gives two parallel refreshes one successor, and reports them',
    async run(setup) {
      await signIn(setup)
      const gate = await setup.mock.hold('refresh')
      const both = [refresh(setup), refresh(setup)]
      await setup.mock.arrived(gate, 2)
      await setup.mock.release(gate)
      equal(
        (await Promise.all(both)).map(({ status }) => status),
        [200, 200],
        'both'
      )
      equal((await outcomes(setup, 'refresh')).sort(), ['replayed', 'rotated'], 'outcomes')
      equal(await brokenRules(setup), ['parallel-refresh'], 'violations')
      equal((await refresh(setup)).status, 200, 'the next refresh')
    }
  },
  {
    name: 'sends a planned answer with its headers once',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', {
        status: 503,
        headers: { 'Retry-After': '2', 'Access-Control-Expose-Headers': 'Retry-After' },
        body: { error: 'temporarily_unavailable' }
      })
      const failed = await refresh(setup)
      equal([failed.status, failed.header('retry-after')], [503, '2'], 'the answer')
      equal((await refresh(setup)).status, 200, 'the next one')
      equal(await outcomes(setup, 'refresh'), ['fault_injected', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'loses the connection once, without an answer',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'network')
      equal(await statusOf(refresh(setup)), 'nothing', 'the lost one')
      equal((await refresh(setup)).status, 200, 'the next one')
      equal(await outcomes(setup, 'refresh'), ['fault_injected', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'accepts the old refresh token if the answer after the rotation was lost',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'network', { after: 'commit' })
      equal(await statusOf(refresh(setup)), 'nothing', 'the lost one')
      equal((await refresh(setup)).status, 200, 'the next one')
      equal(await outcomes(setup, 'refresh'), ['rotated', 'replayed'], 'outcomes')
      equal(await brokenRules(setup), [], 'violations')
    }
  },
  {
    name: 'fails a request if its answer is cut in the middle of its body',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'cut')
      equal(await statusOf(refresh(setup)), 'nothing', 'the cut one')
      equal((await refresh(setup)).status, 200, 'the next one')
    }
  },
  {
    name: 'delivers the cookie of a cut answer',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'cut', { after: 'commit' })
      await statusOf(refresh(setup))
      equal((await refresh(setup)).status, 200, 'the next one')
      equal(await outcomes(setup, 'refresh'), ['rotated', 'rotated'], 'outcomes')
    }
  },
  {
    name: 'sends a malformed answer as a 200 with invalid JSON',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'malformed', { after: 'commit' })
      const { status, text } = await refresh(setup)
      equal(
        [status, text.startsWith(setup.dialect.beginning), text.endsWith('}')],
        [200, true, false],
        'status and body'
      )
    }
  },
  {
    name: 'ends a hanging call when the client aborts it',
    async run(setup) {
      await signIn(setup)
      await setup.mock.failNext('refresh', 'hang')
      const giveUp = new AbortController()
      const hanging = statusOf(call(setup, { ...setup.dialect.refresh, signal: giveUp.signal }))
      while ((await outcomes(setup, 'refresh')).length === 0) await setup.mock.idle()
      equal(await outcomes(setup, 'refresh'), ['pending'], 'while it hangs')
      giveUp.abort()
      equal(await hanging, 'nothing', 'what the client gets')
      equal((await refresh(setup)).status, 200, 'the next one')
    }
  },
  {
    name: 'holds calls at a gate until it is released',
    async run(setup) {
      const token = await signIn(setup)
      const gate = await setup.mock.hold('api')
      const held = [me(setup, token), todos(setup, token)]
      await setup.mock.arrived(gate, 2)
      await setup.mock.revokeAccessTokens()
      await setup.mock.release(gate)
      equal(
        (await Promise.all(held)).map(({ status }) => status),
        [refused(setup), refused(setup)],
        'both'
      )
    }
  },
  {
    name: 'holds only the answer at a gate after the commit',
    async run(setup) {
      await signIn(setup)
      const gate = await setup.mock.hold('refresh', 'commit')
      const held = refresh(setup)
      await setup.mock.arrived(gate, 1)
      await setup.mock.endSessions()
      await setup.mock.release(gate)
      equal((await held).status, 200, 'the refresh')
    }
  },
  {
    name: 'treats a cookie from before a reset as unknown, not as reuse',
    needs: 'its own cookie jar',
    async run(setup) {
      await signIn(setup)
      await setup.mock.reset()
      equal((await refresh(setup)).status, setup.dialect.statuses.session, 'refresh')
      equal(await outcomes(setup, 'refresh'), ['unknown_session'], 'outcome')
      equal(await brokenRules(setup), [], 'violations')
    }
  },
  {
    name: 'reports a token in a URL',
    tokenInUrl: true,
    async run(setup) {
      const token = await signIn(setup)
      await get(setup, `${setup.dialect.me}?access_token=${token}`)
      equal(await brokenRules(setup), ['token-in-url'], 'violations')
    }
  },
  {
    name: 'reports a token that is sent to another origin',
    async run(setup) {
      const token = await signIn(setup)
      await statusOf(get(setup, '/collect', token, setup.foreign))
      equal(await brokenRules(setup), ['bearer-to-foreign-origin'], 'violations')
    }
  },
  {
    name: 'shows only exposed headers to a page of another origin',
    async run(setup) {
      const token = await signIn(setup)
      const answer = await get(setup, setup.dialect.todos, token, setup.crossOrigin)
      equal(answer.text, '["user-1"]', 'the body')
      equal([answer.header('x-total'), answer.header('x-secret')], ['1', null], 'headers')
    }
  },
  {
    name: 'accepts the cookie from a page of another origin on the same site',
    async run(setup) {
      await login(setup, ada, setup.crossOrigin)
      equal((await refresh(setup, setup.crossOrigin)).status, 200, 'refresh')
      equal(await brokenRules(setup), [], 'violations')
    }
  },
  {
    name: 'blocks a header that the preflight does not allow',
    async run(setup) {
      const token = await signIn(setup)
      const headers = { ...setup.dialect.carry(token), 'X-Unknown': 'spa' }
      const url = setup.crossOrigin + setup.dialect.todos
      equal(await statusOf(setup.send({ method: 'GET', url, headers })), 'nothing', 'the answer')
      equal(await brokenRules(setup), ['cors-blocked'], 'violations')
      equal(
        (await outcomes(setup, 'protected')).includes('accepted'),
        false,
        'the handler was asked'
      )
    }
  },
  {
    name: 'answers nothing to a page of an origin that is not allowed',
    async run(setup) {
      equal(
        await statusOf(get(setup, setup.dialect.me, 'any', setup.strict)),
        'nothing',
        'the answer'
      )
      equal(
        await statusOf(get(setup, setup.dialect.me, undefined, setup.strict)),
        'nothing',
        'a simple one'
      )
    }
  }
]
