// createAuthClient(): puts the rooms together. The only file that knows them all.
import axios, { type AxiosInstance } from 'axios'
import { AuthError } from './errors.ts'
import { createAxiosBinding } from './http/axios.ts'
import { createBearer } from './http/bearer.ts'
import { createTrustedOrigins } from './http/trusted-origin.ts'
import { type AuthClientOptions, resolveOptions } from './options.ts'
import { createPlatform, createTimers } from './platform.ts'
import { resolveEndpoint } from './refresh/endpoints.ts'
import type { RefreshPolicy } from './refresh/refresh-plan.ts'
import { createRefresher } from './refresh/refresher.ts'
import { createScheduler } from './refresh/scheduler.ts'
import { createSignIn } from './refresh/sign-in.ts'
import { createTokenRequest } from './refresh/token-request.ts'
import type { TokenResponse } from './refresh/token-response.ts'
import { createTokenSource, requireToken } from './refresh/token-source.ts'
import {
  type AuthEventListener,
  type AuthEvents,
  createEmitter,
  type RefreshStatus
} from './session/events.ts'
import { createSession } from './session/session.ts'
import { createSignOutMark } from './session/sign-out-mark.ts'
import type { AuthState } from './session/state.ts'
import { createLock } from './tabs/lock.ts'
import { readMoment, remainingMs } from './token/lifetime.ts'

/** A session and everything that keeps it alive. All methods may be destructured. */
export interface AuthClient<Credentials extends object = object> {
  /** An axios instance with `baseURL` set, whose requests carry the access token. */
  readonly axios: AxiosInstance
  /**
   * Puts the token on the requests of an axios instance of yours, to trusted origins only.
   * @returns the detach. An instance may be attached twice; its requests are sent once.
   */
  attach(instance: AxiosInstance): () => void
  /**
   * Signs in: with credentials, which are sent to the login endpoint as JSON, or with a function that gets a token response
   * in any other way (a second factor, a passkey, a popup). The function is called at once, unless an auth request is under
   * way. Of several sign-ins the one that was called last wins.
   *
   * `ERR_AUTH_TIMEOUT` says that nobody waits any longer: if the server signs the user in after all, that counts.
   *
   * @throws AuthError `ERR_AUTH_LOGIN_REJECTED`, `ERR_AUTH_NETWORK`, `ERR_AUTH_TIMEOUT`, `ERR_AUTH_SERVER_ERROR`,
   * `ERR_AUTH_RESPONSE_MALFORMED`, `ERR_AUTH_SESSION_CHANGED` (a later `login()` or `logout()` took effect),
   * `ERR_AUTH_DISPOSED`; and whatever the function throws.
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

/**
 * Creates a client for one session. Nothing happens at import; in a page the session is restored from now on.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`
 *
 * @example
 * const auth = createAuthClient({ baseURL: 'https://api.example.com' })
 * await auth.login({ email, password })
 * const { data } = await auth.axios.get('/me')
 */
export function createAuthClient<Credentials extends object = object>(
  given: AuthClientOptions = {}
): AuthClient<Credentials> {
  const options = resolveOptions(given)
  const surroundings = createPlatform(options.platform)
  const timers = createTimers(surroundings)
  const platform = { ...surroundings, setTimer: timers.setTimer }
  const emitter = createEmitter()
  // Two clients of one origin that talk to different servers must not share a lock or a mark.
  const namespace = nameEndpoint()
  const mark = createSignOutMark(platform.storage, namespace)
  const restoreMode = options.restore ?? (platform.pageUrl() === undefined ? 'never' : 'always')
  const restores = restoreMode === 'always' && mark.read() === undefined
  const session = createSession(!restores)
  const tokenRequest = createTokenRequest(platform, options)
  const lock = createLock(`everbearer:${namespace}`, options.lockTimeoutMs, platform)
  const onSettled = () => scheduler.rearm()
  const { refreshTimeoutMs, refreshAbandonMs } = options
  const policy: RefreshPolicy = options
  const shared = { session, tokenRequest, lock, platform, emitter, policy, onSettled }
  const refresher = createRefresher({ ...shared, refreshTimeoutMs, refreshAbandonMs })
  const signIn = createSignIn({ ...shared, refresher, mark, refreshTimeoutMs, refreshAbandonMs })
  const tokens = createTokenSource({ ...shared, refresher })
  const origins = createTrustedOrigins(options.baseURL, options.trustedOrigins, platform.pageUrl)
  const binding = createAxiosBinding(
    createBearer({ tokens, origins, isRefusal: (status) => status === 401 }),
    tokens.currentEpoch,
    options.reissuedTokenHeader
  )
  const instance = axios.create({ baseURL: options.baseURL })
  binding.attach(instance)
  const scheduler = createScheduler({
    platform,
    dueInMs,
    onDue: (reason) => void refresher.refresh(reason).catch(() => {}),
    onWake(wake) {
      if (wake !== 'online') return
      refresher.networkIsBack()
      deliverSignOut()
    }
  })
  let isDisposed = false

  function dueInMs(): number | undefined {
    const isSignedOut = session.getState().status === 'unauthenticated'
    if (isDisposed || isSignedOut || refresher.isUnderWay() || signIn.isAppSigningIn())
      return undefined
    const heldBack = refresher.heldBackMs()
    if (heldBack !== undefined) return Number.isFinite(heldBack) ? heldBack : undefined
    const refreshAt = session.held()?.refreshAt
    return refreshAt && remainingMs(refreshAt, readMoment(platform))
  }

  function nameEndpoint(): string {
    try {
      return resolveEndpoint(options.baseURL, options.paths.refresh, platform.pageUrl())
    } catch {
      return options.baseURL + options.paths.refresh
    }
  }

  function deliverSignOut(): void {
    if (mark.read() !== undefined) void signIn.deliverSignOut().catch(() => {})
  }

  function checkLive(): void {
    if (isDisposed) throw disposed()
  }

  if (restores) refresher.refresh('restore').catch(() => {})
  else if (restoreMode === 'always') deliverSignOut()

  return {
    axios: instance,
    attach(other) {
      checkLive()
      return binding.attach(other)
    },
    async login(credentials) {
      checkLive()
      await signIn.login(credentials)
    },
    async logout() {
      checkLive()
      return signIn.logout()
    },
    async refresh() {
      checkLive()
      if (session.getState().status === 'unauthenticated') requireToken(undefined)
      await refresher.refresh('manual')
    },
    async getAccessToken() {
      checkLive()
      return requireToken(await tokens.forRequest(tokens.currentEpoch())).accessToken
    },
    getState: session.getState,
    getRefreshStatus: refresher.status,
    subscribe: session.subscribe,
    on: emitter.on,
    async ready() {
      if (session.getState().status === 'initializing' && refresher.isUnderWay()) {
        await refresher.refresh('restore').catch(() => {})
      }
      return session.getState()
    },
    dispose() {
      if (isDisposed) return
      isDisposed = true
      scheduler.dispose()
      binding.detachAll()
      session.dispose()
      refresher.dispose(disposed())
      signIn.dispose(disposed())
      timers.dispose()
      emitter.clear()
    }
  }
}

function disposed(): AuthError {
  return new AuthError('ERR_AUTH_DISPOSED', 'This client was disposed of; create a new one.')
}
