// App calls: what the app of a page asks of its client.
import { ada, grace } from '../../support/setups/test-client.ts'
import { apiOrigin, type NetworkAnswer } from '../browser/network.ts'
import { type Client, heldSid } from './facts.ts'
import type { Profile } from './profile.ts'
import type { Action, UserName } from './steps.ts'

const users = { ada, grace }

type PlainCall = 'logout' | 'refresh' | 'getAccessToken' | 'restore' | 'ready'

export interface AppCalls {
  /** Does nothing if the action is not a call, or if the page is frozen. */
  act(client: Client, action: Action): void
  request(client: Client, path: '/notes' | '/refused', isCancellable: boolean): void
  cancel(nth: number): void
  /** Signs in on a page of the server. Resolves if the server has answered. */
  signInOutside(user: UserName): Promise<NetworkAnswer | undefined>
  /** The page has come back from the page of the server. */
  finishRedirect(client: Client, callsRestore: boolean): void
  note(promise: Promise<unknown>): void
}

export function createAppCalls(profile: Profile): AppCalls {
  const cancellers: AbortController[] = []
  let requests = 0
  let changes = 0

  function note(promise: Promise<unknown>): void {
    promise.then(undefined, (error) => profile.seen.push(error))
  }

  function change(client: Client): void {
    if (!client.isSecond) noteChange()
  }

  function noteChange(): void {
    changes += 1
    profile.noteChange()
  }

  function login(client: Client, user: UserName): void {
    const call = profile.tick()
    change(client)
    note(profile.call({ client, what: 'login' }, () => client.auth.login({ ...users[user], call })))
  }

  function loginByFunction(client: Client, user: UserName): void {
    const call = profile.tick()
    change(client)
    const signIn = async () => JSON.parse((await postLogin(user, call)).response.body)
    note(profile.call({ client, what: 'login by function' }, () => client.auth.login(signIn)))
  }

  function postLogin(user: UserName, call: number): Promise<NetworkAnswer> {
    const end = profile.beginAuth()
    const request = {
      method: 'POST',
      url: `${apiOrigin}/login`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...users[user], call })
    }
    return profile.backend.network.travel(request).finally(end)
  }

  function request(client: Client, path: '/notes' | '/refused', isCancellable: boolean): void {
    requests += 1
    const n = String(requests)
    const canceller = new AbortController()
    if (isCancellable) cancellers.push(canceller)
    const { signal } = canceller
    note(
      profile.call({ client, what: 'request', n }, () =>
        client.auth.axios.post(`${path}?n=${n}`, { n }, { signal })
      )
    )
  }

  function callPlainly(client: Client, what: PlainCall): void {
    if (what === 'logout' || what === 'restore') change(client)
    const promise = profile.call<unknown>({ client, what }, client.auth[what])
    note(what === 'getAccessToken' ? promise.then(() => {}) : promise)
    if (what === 'logout' && client.auth.getState().status !== 'unauthenticated')
      profile.violate('I11', `logout() of tab ${client.tab} did not sign out at once`)
  }

  function checkUser({ auth, page, tab }: Client): void {
    const sid = heldSid(auth)
    if (page.isGone() || sid === undefined || profile.hasOverlapped()) return
    if (sid !== profile.cookieSession())
      profile.violate('I15', `the redirect sign-in of tab ${tab} ended in another session`)
  }

  return {
    note,
    request,
    cancel: (nth) => cancellers[nth]?.abort(),
    act(client, action) {
      if (client.page.isFrozen()) return
      switch (action.do) {
        case 'request':
          request(client, action.path, action.isCancellable)
          break
        case 'login':
          login(client, action.user)
          break
        case 'login by function':
          loginByFunction(client, action.user)
          break
        case 'logout':
        case 'refresh':
        case 'getAccessToken':
        case 'restore':
        case 'ready':
          callPlainly(client, action.do)
      }
    },
    signInOutside(user) {
      const call = profile.tick()
      noteChange()
      return postLogin(user, call).catch(() => undefined)
    },
    finishRedirect(client, callsRestore) {
      change(client)
      const what = callsRestore ? 'restore' : 'ready'
      const promise = profile.call({ client, what, isRedirect: true }, client.auth[what])
      note(promise)
      const nth = changes
      const sinceMs = profile.nowMs()
      // The cookie may be that of a later sign-in, also of an old release.
      const isLast = () => nth === changes && profile.troubles.oldReleaseMs < sinceMs
      promise.then(
        () => isLast() && checkUser(client),
        () => {}
      )
    }
  }
}
