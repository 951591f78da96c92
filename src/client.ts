// createAuthClient(): puts the rooms together. The only file that knows them all.
import axios from 'axios'
import type { AuthClient } from './auth-client.ts'
import { AuthError } from './errors.ts'
import { createAxiosBinding } from './http/axios.ts'
import { createBearer } from './http/bearer.ts'
import { createDiagnostics, type Diagnostics } from './http/diagnostics.ts'
import { createAuthFetch } from './http/fetch.ts'
import { createRefusalRule } from './http/refusal.ts'
import { createTrustedOrigins } from './http/trusted-origin.ts'
import { type AuthClientOptions, resolveOptions } from './options.ts'
import { createPlatform, createTimers, pageFetch } from './platform.ts'
import { resolveEndpoint } from './refresh/endpoints.ts'
import type { RefreshPolicy } from './refresh/refresh-plan.ts'
import { createRefresher } from './refresh/refresher.ts'
import { createScheduler } from './refresh/scheduler.ts'
import { createSignIn } from './refresh/sign-in.ts'
import { createTokenRequest } from './refresh/token-request.ts'
import { createTokenSource, requireToken } from './refresh/token-source.ts'
import { createEmitter } from './session/events.ts'
import { createIdleWatch } from './session/idle.ts'
import { createSession } from './session/session.ts'
import { createStoredMark } from './session/stored-mark.ts'
import { createLock } from './tabs/lock.ts'
import { readMoment, remainingMs } from './token/lifetime.ts'
import { joinUrl, parseUrl } from './url.ts'

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
  const mark = createStoredMark(platform.storage, `everbearer:${namespace}:signed-out`)
  const hint = createStoredMark(platform.storage, `everbearer:${namespace}:signed-in`)
  const idle = createIdleWatch(platform, options.idlePolicy.signOutAfterSeconds)
  const restores = mayRestore() && mark.read() === undefined
  const session = createSession(!restores)
  const origins = createTrustedOrigins(options.baseURL, options.trustedOrigins, platform.pageUrl)
  const diagnostics = mayDiagnose()
  const bareTokenRequest = createTokenRequest(platform, { ...options, trusts: origins.trusts })
  const tokenRequest = diagnostics?.watch(bareTokenRequest) ?? bareTokenRequest
  const lock = createLock(`everbearer:${namespace}`, options.lockTimeoutMs, platform)
  const onSettled = () => scheduler.rearm()
  const { refreshTimeoutMs, refreshAbandonMs } = options
  const policy: RefreshPolicy = options
  const timeouts = { refreshTimeoutMs, refreshAbandonMs }
  const shared = { session, tokenRequest, lock, platform, emitter, policy, onEntered, onSettled }
  const isRenewedByApp = typeof options.renewWith === 'function'
  const beforeRefresh = () => signIn.followSignOut()
  const refresher = createRefresher({ ...shared, ...timeouts, isRenewedByApp, beforeRefresh })
  const signIn = createSignIn({ ...shared, ...timeouts, refresher, mark })
  const { isAppSigningIn } = signIn
  const tokens = createTokenSource({ ...shared, refresher, isAppSigningIn })
  const refuses = createRefusalRule(options.isTokenRefusal)
  const sendWithBearer = createBearer({ tokens, origins, isAuthEndpoint, refuses, diagnostics })
  const { reissuedTokenHeader } = options
  const carriage = { sendWithBearer, beginRequest, reissuedTokenHeader, fetch: pageFetch }
  const binding = createAxiosBinding({ ...carriage, platform })
  const authFetch = createAuthFetch(carriage)
  const instance = axios.create({ baseURL: options.baseURL })
  binding.attach(instance)
  const scheduler = createScheduler({
    platform,
    dueInMs,
    onDue(reason) {
      if (signOutIfIdle()) return
      if (refreshDueInMs() === 0) refresher.refresh(reason).catch(() => {})
    },
    onWake(wake) {
      signIn.followSignOut()
      if (wake !== 'online') return
      refresher.networkIsBack()
      signIn.retrySignOut()
    }
  })
  let isDisposed = false

  function mayDiagnose(): Diagnostics | undefined {
    const { renewWith } = options
    const endpoint = (name: 'login' | 'refresh') =>
      name === 'refresh' && typeof renewWith === 'function'
        ? undefined
        : resolveEndpoint(options.baseURL, options.paths[name], platform.pageUrl())
    try {
      // Just so, for bundlers put a text in its place, and leave out what a production build never reaches.
      if (process.env.NODE_ENV !== 'production') {
        return createDiagnostics({ ...options, platform, origins, emitter, endpoint })
      }
    } catch {
      // A page without a bundler knows no `process`.
    }
    return undefined
  }

  function mayRestore(): boolean {
    if (options.initialToken !== undefined) return false
    // With the access token as the credential, there is nothing left to show after a page load.
    const hasCredential = options.renewWith !== 'access-token'
    const byDefault = platform.pageUrl() !== undefined && hasCredential ? 'always' : 'never'
    const mode = options.restore ?? byDefault
    return mode === 'hint' ? hint.read() !== undefined : mode === 'always'
  }

  function dueInMs(): number | undefined {
    if (isDisposed || session.getState().status === 'unauthenticated') return undefined
    const isSignedIn = session.getState().status === 'authenticated'
    const isWatched = isSignedIn && !signIn.isSigningIn()
    const waits = [refreshDueInMs(), isWatched ? idle.remainingMs() : undefined]
    const dueInMs = Math.min(...waits.filter((wait) => wait !== undefined))
    return Number.isFinite(dueInMs) ? dueInMs : undefined
  }

  function refreshDueInMs(): number | undefined {
    // In the background nobody needs the token. The next wake, or the next request, looks again.
    const isPaused = options.idlePolicy.whileHidden === 'pause' && !platform.isVisible()
    if (isPaused || refresher.isUnderWay() || signIn.isAppSigningIn()) return undefined
    const refreshAt = session.held()?.refreshAt
    const planned = refreshAt && remainingMs(refreshAt, readMoment(platform))
    return refresher.heldBackMs() ?? planned
  }

  // Whoever signs in, or loads the page, is there.
  function onEntered(how: 'entered' | 'renewed'): void {
    if (how === 'entered') idle.touch()
    if (options.restore === 'hint') hint.set('1')
  }

  function signOutIfIdle(): boolean {
    const isSignedIn = session.getState().status === 'authenticated'
    if (!isSignedIn || signIn.isSigningIn() || idle.remainingMs() !== 0) return false
    void signIn.logout('idle').catch(() => {})
    return true
  }

  // Whoever comes back too late is signed out before, not kept by coming back.
  function noteActivity(): void {
    if (!signOutIfIdle()) idle.touch()
  }

  function isAuthEndpoint(url: string | undefined): boolean {
    const path = url && parseUrl(url, platform.pageUrl())?.pathname
    const { login, refresh, logout } = options.paths
    return [login, refresh, logout].some(
      (endpoint) =>
        path === parseUrl(joinUrl(options.baseURL, endpoint), platform.pageUrl())?.pathname
    )
  }

  function beginRequest(): number | undefined {
    noteActivity()
    return tokens.currentEpoch()
  }

  function nameEndpoint(): string {
    try {
      return resolveEndpoint(options.baseURL, options.paths.refresh, platform.pageUrl())
    } catch {
      return options.baseURL + options.paths.refresh
    }
  }

  function checkLive(): void {
    if (isDisposed) throw disposed()
  }

  if (options.restore === 'hint') {
    session.subscribe(() => {
      const state = session.getState()
      // Where the cookie has become another user's, there is somebody to restore.
      if (state.status === 'unauthenticated' && state.reason !== 'user-changed') hint.clear()
    })
  }
  // An unconfirmed sign-out goes before everything that could undo it.
  if (mark.read() !== undefined) signIn.retrySignOut()
  else if (options.initialToken !== undefined) signIn.start(options.initialToken)
  else if (restores) refresher.refresh('restore').catch(() => {})

  return {
    axios: instance,
    attach(other) {
      checkLive()
      return binding.attach(other)
    },
    fetch: async (input, init) => {
      checkLive()
      return authFetch(input, init)
    },
    async login(credentials) {
      checkLive()
      await signIn.login(credentials)
    },
    async logout() {
      checkLive()
      return signIn.logout('signed-out')
    },
    async refresh() {
      checkLive()
      noteActivity()
      if (session.getState().status === 'unauthenticated') requireToken(undefined)
      await refresher.refresh('manual')
    },
    async getAccessToken() {
      checkLive()
      noteActivity()
      return requireToken(await tokens.forRequest(tokens.currentEpoch())).accessToken
    },
    markActive() {
      if (!isDisposed) noteActivity()
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
