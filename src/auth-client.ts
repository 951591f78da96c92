// `AuthClient`: the public interface of a client.
import type { AxiosInstance } from 'axios'
import type { Claims } from './contract/auth-contract.ts'
import type { TokenResponse } from './contract/tokens.ts'
import type { AuthFetch } from './request/fetch.ts'
import type { AuthEventListener, AuthEvents, RefreshStatus } from './session/events.ts'
import type { AuthState } from './session/state.ts'

/**
 * One session and the requests that use it. `Credentials` is the object that `login()` sends, and
 * `User` the type of `getState().user`. All methods may be destructured.
 */
export interface AuthClient<Credentials extends object = object, User = Claims> {
  /**
   * An axios instance with `baseURL` set. Its requests carry the access token. After a refusal, the
   * client refreshes the token and replays the request. An instance that its `create` returns does
   * the same.
   *
   * An `AuthError` of a request is an axios error too, with `config`, `code` and `cause`. After
   * `ERR_AUTH_SESSION_CHANGED` and `ERR_AUTH_SESSION_EXPIRED`, the config cannot be sent again.
   *
   * @throws AuthError as {@link AuthClient.fetch}; and any error of axios
   *
   * @example
   * const { data } = await auth.axios.get('/me')
   */
  readonly axios: AxiosInstance
  /**
   * Makes another axios instance send the access token, to trusted origins only. Attaching an
   * instance twice has no further effect on its requests.
   *
   * - A request that waits for a token reads its body when it is sent. Do not modify a buffer
   *   before the call has settled.
   * - `beforeRedirect` sees the request headers of a same-origin redirect, including the token.
   * - An adapter given by name is taken from the axios that everbearer imports. If a bundle
   *   contains two copies of axios, its errors belong to that copy.
   *
   * @returns a function that detaches the instance
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` (not an axios instance), `ERR_AUTH_DISPOSED`
   *
   * @example
   * const files = axios.create({ baseURL: 'https://files.example.com' })
   * const detach = auth.attach(files)
   */
  attach(instance: AxiosInstance): () => void
  /**
   * `fetch` with the access token: requests to trusted origins carry it, and a refused request is
   * replayed once. A string is joined to `baseURL` as axios joins it, so `auth.fetch('/me')` and
   * `auth.axios.get('/me')` have the same URL. A `URL` or a `Request` is used as it is.
   *
   * Everything else works as with the global `fetch`, which it calls: 4xx and 5xx do not reject,
   * and an abort rejects with the signal's reason. A request with a stream as its body is not
   * replayed. The body of a `Request` is kept in memory for a replay, so give a large upload as
   * `body`: a `Blob`, a `File` or a `FormData` is read again instead.
   *
   * @throws AuthError as {@link AuthClient.refresh}; `ERR_AUTH_BODY_SPENT`;
   * `ERR_AUTH_INVALID_OPTIONS` (a wrong flag, or `accessToken: 'require'` for an untrusted origin
   * or with mode `no-cors`); and any error of `fetch`
   *
   * @example
   * const response = await auth.fetch('/me', { everbearer: { accessToken: 'require' } })
   */
  readonly fetch: AuthFetch
  /**
   * Signs the user in, with either of:
   *
   * - credentials, which are sent to the login endpoint;
   * - a function that returns the body of an answer with tokens, for any other way to sign in (a
   *   second factor, a passkey, a popup). It is called immediately. If an auth request is in
   *   flight, it is called after the answer, or after one second. It has no deadline.
   *
   * Resolves with the body of the answer, or with the result of the function, without the tokens.
   *
   * If several sign-ins overlap, the one called last wins. After `ERR_AUTH_TIMEOUT` the request
   * continues: if it succeeds later, the user is signed in.
   *
   * @throws AuthError `ERR_AUTH_LOGIN_REJECTED`, `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`,
   * `ERR_AUTH_SERVER_ERROR`, `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_SESSION_CHANGED` (a later
   * `login()` or `logout()` took effect), `ERR_AUTH_INVALID_OPTIONS` (credentials that are not
   * JSON-serialisable, such as a `FormData`), `ERR_AUTH_DISPOSED`; and any error of the function
   *
   * @example
   * await auth.login({ email, password })
   * await auth.login(async () => (await fetch('/passkey', { method: 'POST', body })).json())
   * const { user } = await auth.login<{ user: User }>({ email, password })
   */
  login<Body = unknown>(
    credentials: Credentials | (() => Promise<TokenResponse | object>)
  ): Promise<Body>
  /**
   * Asks the server whether the user is signed in, for an app that comes back from a sign-in on
   * another page, such as a redirect to an identity provider. It sends one refresh request and does
   * not ask other tabs, which may still belong to another user.
   *
   * A success counts as a sign-in: it ends the session of a former user in all tabs, and drops an
   * earlier sign-out that the server has not confirmed. If the server knows no session, the state
   * becomes `unauthenticated`. A session that the client knows ends only if the server rejects it
   * (`contract.refusals.session`). After any other failure the state stays as it was.
   *
   * @returns the state
   * @throws AuthError `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`, `ERR_AUTH_SERVER_ERROR`,
   * `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_SESSION_CHANGED` (a later `login()` or `logout()` took
   * effect), `ERR_AUTH_INVALID_OPTIONS` (a user is signed in, and nothing is held to ask with),
   * `ERR_AUTH_STORE_FAILED`, `ERR_AUTH_DISPOSED`
   *
   * @example
   * // The page to which the identity provider redirects. Call restore() in the same task.
   * const auth = createAuthClient({ baseURL, restore: 'never' })
   * const { status } = await auth.restore()
   */
  restore(): Promise<AuthState<User>>
  /**
   * Signs the user out. The state changes immediately, even if requests are in flight, and does not
   * depend on the server's answer.
   *
   * `confirmed: false` means that the server has not confirmed the sign-out within
   * `refreshTimeoutMs`, or that another auth request has kept it waiting for more than a second.
   * Page loads then do not restore the session. The client repeats the request on page load and
   * when the network is back.
   * A refresh token of the body leaves memory and store at once, so only this page can repeat it.
   *
   * @throws AuthError `ERR_AUTH_DISPOSED`; `ERR_AUTH_INVALID_OPTIONS` (a relative `baseURL` outside
   * a page)
   */
  logout(): Promise<{ readonly confirmed: boolean }>
  /**
   * Refreshes the access token now, or joins the refresh in flight.
   *
   * @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED`, `ERR_AUTH_SESSION_EXPIRED`,
   * `ERR_AUTH_SESSION_CHANGED`, `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`, `ERR_AUTH_SERVER_ERROR`,
   * `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_INVALID_OPTIONS` (the contract has no refresh, or no
   * answer held the refresh token that it presents), `ERR_AUTH_STORE_FAILED`, `ERR_AUTH_DISPOSED`
   */
  refresh(): Promise<void>
  /**
   * Resolves with the access token, which is refreshed first if it is about to expire. Use it for
   * connections that are not axios or `fetch` requests, such as a WebSocket. Do not store the
   * token: call again when you need it.
   *
   * @throws AuthError as {@link AuthClient.refresh}
   *
   * @example
   * socket.send(JSON.stringify({ token: await auth.getAccessToken() }))
   */
  getAccessToken(): Promise<string>
  /**
   * Reports user activity, such as a key press or scrolling, and so restarts the limit
   * `idlePolicy.signOutAfterSeconds`. Requests count as activity too, unless they have the flag
   * `background`.
   */
  markActive(): void
  /** The current state. The object stays the same until something in it changes. */
  getState(): AuthState<User>
  /**
   * Whether a refresh is in flight, and the outcome of the last one. It changes with every refresh
   * and is therefore not part of the state.
   */
  getRefreshStatus(): RefreshStatus
  /**
   * Calls `listener` after each change of the state. A refreshed token does not change the state.
   *
   * @returns a function that removes the listener
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` (not a function)
   */
  subscribe(listener: () => void): () => void
  /**
   * Calls `listener` for each event with this name. Events never contain a token.
   *
   * @returns a function that removes the listener
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` (an unknown name, or not a function)
   *
   * @example
   * auth.on('signed-out', ({ reason }) => router.push(`/sign-in?reason=${reason}`))
   */
  on<Name extends keyof AuthEvents>(name: Name, listener: AuthEventListener<Name>): () => void
  /**
   * Resolves with the state once the restore on page load has finished or failed, or has taken
   * `refreshTimeoutMs`. After a failure the state is still `initializing`, `degraded` holds the
   * cause, and the restore is retried. Without a result within `refreshTimeoutMs` the state becomes
   * `unauthenticated` for the reason `unreachable`, and the restore is retried in the background.
   *
   * It never rejects. Requests wait for the restore in any case.
   *
   * @example
   * const { status } = await auth.ready()
   */
  ready(): Promise<AuthState<User>>
  /**
   * Ends the client, but not the session: removes all timers, listeners and interceptors. Pending
   * calls and later requests of `axios` reject with `ERR_AUTH_DISPOSED`. An attached instance
   * continues without the token. A second call has no effect.
   */
  dispose(): void
}
