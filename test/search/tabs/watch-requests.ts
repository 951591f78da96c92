// Watcher of requests (I2, I3, I6, I15): checks the token and the answer of each request.
import { apiOrigin } from '../browser/network.ts'
import { type RefusalWatcher, watchRefusals } from '../watch-refusals.ts'
import { type Client, type Facts, heldSid, type Sent, type Watcher } from './facts.ts'
import { type RefusalBudget, watchBudget } from './refusal-budget.ts'
import { isAuthPath } from './request-log.ts'

/** The client's default. */
const refreshTimeoutMs = 10_000

interface AppRequest {
  /** The user for whom the request was sent. */
  sub: string | undefined
  sends: number
  readonly calledAtMs: number
}

export function watchRequests(facts: Facts): Watcher {
  const requests = new Map<string, AppRequest>()
  /** Tokens that `/notes`, which accepts each valid token, has refused to a page, with the time. */
  const refused = new Map<Client, Map<string, number>>()
  const refusals = new Map<Client, RefusalWatcher>()
  const newestIat = new Map<string, number>()
  const budgets = new Map<Client, RefusalBudget>()
  /** The last refresh of any tab has failed: no tab may refresh for a while. */
  let isHeldBack = false

  function checkUser(sent: Sent, request: AppRequest): void {
    const { claims, n } = sent
    if (claims === undefined) return
    if (request.sub !== undefined && request.sub !== claims.sub)
      facts.violate('I15', `request ${n} carried a token of another user`)
    request.sub = claims.sub
  }

  function checkToken({ client, token, claims, request, pathname, n }: Sent): void {
    if (token === undefined) return
    const { origin } = new URL(request.url)
    if (origin !== apiOrigin) facts.violate('I6', `the token went to ${origin}`)
    if (pathname === '/logout') return
    if (!facts.tokens.has(token) || claims === undefined) {
      facts.violate('I3', 'a token was sent that the server has not issued')
      return
    }
    const key = `${client.page.id} ${client.isSecond} ${claims.sid}`
    if (claims.iat < (newestIat.get(key) ?? 0))
      facts.violate('I3', 'a token older than one sent before was sent')
    newestIat.set(key, claims.iat)
    if (!isAuthPath(pathname)) refusals.get(client)?.onSend(pathname, token)
    // A caller that has waited for the refresh in vain may use the token while it is valid.
    const { calledAtMs = facts.nowMs() } = requests.get(n ?? '') ?? {}
    const hasWaited = facts.nowMs() - calledAtMs >= refreshTimeoutMs
    // A request of the same moment may leave before the client has read the refusal.
    const refusedAtMs = refused.get(client)?.get(token) ?? Infinity
    if (!hasWaited && refusedAtMs < facts.nowMs())
      facts.violate('I2', `tab ${client.tab} sent a token that it knew to be refused`)
  }

  return {
    onOpen(client) {
      refused.set(client, new Map())
      const isRefreshing = () => client.auth.getRefreshStatus().isRefreshing
      const violate = (what: string) => facts.violate('I2', `tab ${client.tab}: ${what}`)
      budgets.set(
        client,
        watchBudget(facts, (what) => facts.violate('I10', `tab ${client.tab}: ${what}`))
      )
      refusals.set(client, watchRefusals({ nowMs: facts.nowMs, isRefreshing, violate }))
    },
    onCall({ client, what, n, promise }) {
      if (what !== 'request' || n === undefined) return
      const sid = heldSid(client.auth)
      const begun = facts.sessions.get(sid ?? '')?.sub
      const request: AppRequest = { sub: begun, sends: 0, calledAtMs: facts.nowMs() }
      requests.set(n, request)
      promise.then(
        () => {
          const { status, user } = client.auth.getState()
          const sub = Reflect.get(user ?? {}, 'sub')
          if (client.isSecond || client.page.isGone()) return
          if (request.sub !== undefined && status === 'authenticated' && sub !== request.sub)
            facts.violate(
              'I15',
              `the answer of request ${n} arrived in the session of another user`
            )
        },
        // The client does not refresh for this refusal: perhaps only this endpoint refuses.
        (error) => {
          if (error?.response?.status !== 401) return
          const { pathname } = new URL(error.config.url, apiOrigin)
          if (pathname === '/notes') refused.get(client)?.clear()
          refusals.get(client)?.onPassedOn(pathname)
        }
      )
    },
    onSend(sent) {
      const request = requests.get(sent.n ?? '')
      checkToken(sent)
      if (request === undefined) return
      checkUser(sent, request)
      request.sends += 1
      if (request.sends > 9) facts.violate('I2', `request ${sent.n} was sent more than nine times`)
    },
    onSettled({ client, pathname, outcome, token }) {
      if (pathname === '/refresh') refusals.get(client)?.onRefreshAnswered()
      if (isAuthPath(pathname) || typeof outcome !== 'object' || token === undefined) return
      const { status } = outcome.response
      if (status < 400) {
        refusals.get(client)?.onAccepted(pathname, token)
        refused.get(client)?.delete(token)
      }
      if (status !== 401) return
      const { isGenuine } = outcome
      if (pathname === '/notes' && isGenuine && !isHeldBack)
        refused.get(client)?.set(token, facts.nowMs())
      refusals.get(client)?.onRefused(pathname, token, isGenuine)
    },
    onEvent(client, name, event) {
      refusals.get(client)?.onEvent(name, event)
      budgets.get(client)?.onEvent(name, event)
      if (name !== 'refresh-settled' || client.isSecond) return
      isHeldBack = event.kind !== 'refreshed'
      // After a failed refresh, only the server knows whether the token is still refused.
      if (isHeldBack) for (const tokens of refused.values()) tokens.clear()
    }
  }
}
