// The client as its users see it.
import type { AxiosInstance } from 'axios'
import type { TokenResponse } from './auth-api/token-response.ts'
import type { AuthFetch } from './request/fetch.ts'
import type { AuthEventListener, AuthEvents, RefreshStatus } from './session/events.ts'
import type { AuthState } from './session/state.ts'

/** A session and everything that keeps it alive. All methods may be destructured. */
export interface AuthClient<Credentials extends object = object> {
  /** An axios instance with `baseURL` set, whose requests carry the access token. */
  readonly axios: AxiosInstance
  /**
   * Puts the token on the requests of an axios instance of yours, to trusted origins only.
   *
   * An adapter that is given by name is that of the axios which everbearer imports: where a bundle holds two copies of
   * axios, the errors are of that one. A request that waits for a token sends its body as it is then, so leave a buffer
   * alone until the call has settled. `beforeRedirect` sees the headers of a redirect within the origin, the token's too.
   * @returns the detach. An instance may be attached twice; its requests are sent once.
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` for what is no instance, `ERR_AUTH_DISPOSED`
   */
  attach(instance: AxiosInstance): () => void
  /**
   * `fetch`, on this session and by the same rules as `axios`: the access token goes along to trusted origins, and a
   * refused request is sent again once. All else is as with `fetch`: relative URLs resolve against the page (not against
   * `baseURL`), 4xx and 5xx are answers, an abort rejects with the signal's reason. A body that is a stream is sent once.
   * It calls the global `fetch`.
   *
   * @throws AuthError as {@link AuthClient.refresh}, and `ERR_AUTH_BODY_SPENT`, `ERR_AUTH_INVALID_OPTIONS` (a wrong
   * flag, or `accessToken: 'require'` where the mode is `no-cors`); and what `fetch` throws.
   *
   * @example
   * const response = await auth.fetch('https://api.example.com/me', { everbearer: { accessToken: 'require' } })
   */
  readonly fetch: AuthFetch
  /**
   * Signs in: with credentials, which are sent to the login endpoint as JSON, or with a function that gets a token response
   * in any other way (a second factor, a passkey, a popup). The function is called at once, unless an auth request is under
   * way. Of several sign-ins the one that was called last wins.
   *
   * `ERR_AUTH_TIMEOUT` says that nobody waits any longer: if the server signs the user in after all, that counts.
   *
   * @throws AuthError `ERR_AUTH_LOGIN_REJECTED`, `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`, `ERR_AUTH_SERVER_ERROR`,
   * `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_SESSION_CHANGED` (a later `login()` or `logout()` took effect),
   * `ERR_AUTH_INVALID_OPTIONS` (credentials that JSON cannot say, such as a `FormData`), `ERR_AUTH_DISPOSED`; and whatever
   * the function throws.
   */
  login(credentials: Credentials | (() => Promise<TokenResponse>)): Promise<void>
  /**
   * Signs out. Here that is immediate, whatever is in flight and whatever the server says. Where the server could not be
   * told (`confirmed: false`), no page load restores the session until it has been; that is tried again on load and when
   * the network is back.
   *
   * @throws AuthError `ERR_AUTH_DISPOSED`; `ERR_AUTH_INVALID_OPTIONS` where `baseURL` is relative and there is no page
   */
  logout(): Promise<{ readonly confirmed: boolean }>
  /**
   * Renews the access token now, or joins the refresh that is under way.
   *
   * @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED`, `ERR_AUTH_SESSION_EXPIRED`, `ERR_AUTH_SESSION_CHANGED`,
   * `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`, `ERR_AUTH_SERVER_ERROR`, `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_DISPOSED`
   */
  refresh(): Promise<void>
  /**
   * The access token, renewed first if it is about to expire: for a WebSocket's first message, or anything else that is no
   * axios request. Keep it no longer than that; ask again instead.
   *
   * @throws AuthError as {@link AuthClient.refresh}
   */
  getAccessToken(): Promise<string>
  /** The user is there (moved, typed, scrolled): puts the idle limit off, where there is one. Requests do so by themselves. */
  markActive(): void
  /** The current snapshot. It keeps its identity until something in it changes. */
  getState(): AuthState
  /** Whether a refresh is under way, and what came of the last one. It changes with every refresh, so it is no part of the state. */
  getRefreshStatus(): RefreshStatus
  /**
   * Calls back after every change of the snapshot; a renewed token is none.
   * @returns the remover
   */
  subscribe(listener: () => void): () => void
  /**
   * Calls back on every event of this name. Events never hold a token.
   * @returns the remover
   */
  on<Name extends keyof AuthEvents>(name: Name, listener: AuthEventListener<Name>): () => void
  /**
   * Resolves when it is known whether somebody is signed in, or when the first attempt to find out has failed or taken
   * `refreshTimeoutMs`: then the state is still `initializing`, `degraded` says why, and it is tried again. Never rejects.
   * Requests wait for it by themselves.
   */
  ready(): Promise<AuthState>
  /** Ends this client (not the session): no timer, listener or interceptor is left. May be called twice. */
  dispose(): void
}
