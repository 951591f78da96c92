// createAuthClient(): puts the rooms together. The only file that knows them all.
import axios from 'axios'
import { createEndpoints } from './auth-api/endpoints.ts'
import { createTokenRequest } from './auth-api/token-request.ts'
import type { AuthClient } from './auth-client.ts'
import { AuthError } from './lib/errors.ts'
import { createPlatform, pageFetch } from './lib/platform.ts'
import { createStoredValue } from './lib/stored-value.ts'
import { createTimers } from './lib/timers.ts'
import type { AuthClientOptions } from './options.ts'
import { createExclusive } from './refresh/exclusive.ts'
import { sessionChanged } from './refresh/refresh-errors.ts'
import type { RefreshPolicy } from './refresh/refresh-time.ts'
import { createRefresher } from './refresh/refresher.ts'
import { createAxiosBinding } from './request/axios/attach.ts'
import { createDiagnostics, type Diagnostics } from './request/diagnostics.ts'
import { createAuthFetch } from './request/fetch.ts'
import { createSendWithToken } from './request/send-with-token.ts'
import { createRefusalRule } from './request/token-refusal.ts'
import { createTokenSource, requireToken } from './request/token-source.ts'
import { createTrustedOrigins } from './request/trusted-origins.ts'
import { resolveOptions } from './resolve-options.ts'
import { createDueWork } from './schedule/due-work.ts'
import { createIdleWatch } from './schedule/idle.ts'
import { createScheduler } from './schedule/scheduler.ts'
import { createEmitter } from './session/events.ts'
import { createSession } from './session/session.ts'
import { createSignIn } from './sign-in/sign-in.ts'
import { createLock } from './tabs/lock.ts'
import { createRefreshAttempts } from './tabs/refresh-attempt.ts'
import { createSessionVersions } from './tabs/session-version.ts'
import { createTabCount } from './tabs/tab-count.ts'
import { createTabSync } from './tabs/tab-sync.ts'

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
  const endpoints = createEndpoints(options, platform.pageUrl)
  const namespace = `everbearer:${endpoints.identify()}`
  const storedValue = (name: string) => createStoredValue(platform.storage, `${namespace}:${name}`)
  const mark = storedValue('signed-out')
  const hint = storedValue('signed-in')
  const idle = createIdleWatch(
    platform,
    options.idlePolicy.signOutAfterSeconds,
    storedValue('active')
  )
  const restores = mayRestore() && mark.read() === undefined
  const session = createSession(!restores)
  const origins = createTrustedOrigins(options.baseURL, options.trustedOrigins, platform.pageUrl)
  const diagnostics = mayDiagnose()
  const bareTokenRequest = createTokenRequest(platform, {
    ...options,
    endpoints,
    trusts: origins.trusts
  })
  const tokenRequest = diagnostics?.watch(bareTokenRequest) ?? bareTokenRequest
  const lock = createLock(namespace, options.lockTimeoutMs, platform)
  const attempts = createRefreshAttempts(platform, `${namespace}:attempt`)
  const onSettled = () => scheduler.rearm()
  const tabSync = createTabSync({
    mode: options.tabs,
    name: namespace,
    session,
    versions: createSessionVersions(platform, `${namespace}:stamp`),
    presence: createTabCount(storedValue('tabs')),
    platform,
    emitter,
    onEnded: (reason) => signIn.follow(reason),
    onTaken(how) {
      if (how === 'entered') refresher.abandon(sessionChanged())
      else refresher.refreshedElsewhere()
      onEntered(how)
      onSettled()
    },
    onUnclear: () => void refresher.refresh('other-tab').catch(() => {})
  })
  const { refreshTimeoutMs, refreshAbandonMs } = options
  const policy: RefreshPolicy = options
  const timeouts = { refreshTimeoutMs, refreshAbandonMs }
  const tabs = { lock, attempts, tabSync }
  const shared = { session, tokenRequest, ...tabs, platform, emitter, policy, onEntered, onSettled }
  const isRefreshedByApp = typeof options.refreshWith === 'function'
  const runExclusively = createExclusive({ ...shared, beforeRefresh: () => signIn.followSignOut() })
  const refresher = createRefresher({ ...shared, ...timeouts, isRefreshedByApp, runExclusively })
  const signIn = createSignIn({ ...shared, ...timeouts, refresher, mark })
  const { isAppSigningIn } = signIn
  const tokens = createTokenSource({ ...shared, refresher, isAppSigningIn })
  const refuses = createRefusalRule(options.isTokenRefusal)
  const isAuthEndpoint = endpoints.has
  const sendWithToken = createSendWithToken({
    tokens,
    origins,
    isAuthEndpoint,
    refuses,
    diagnostics
  })
  const { reissuedTokenHeader } = options
  const carriage = { sendWithToken, beginRequest, reissuedTokenHeader, fetch: pageFetch }
  const binding = createAxiosBinding({ ...carriage, platform })
  const authFetch = createAuthFetch(carriage)
  const instance = axios.create({ baseURL: options.baseURL })
  binding.attach(instance)
  const { whileHidden } = options.idlePolicy
  const dueWork = createDueWork({ session, refresher, signIn, idle, platform, whileHidden })
  const scheduler = createScheduler({
    platform,
    dueInMs: () => (isDisposed ? undefined : dueWork.dueInMs()),
    onDue: dueWork.act,
    onWake(wake) {
      tabSync.wake()
      signIn.followSignOut()
      if (wake !== 'online') return
      refresher.networkIsBack()
      signIn.retrySignOut()
    }
  })
  let isDisposed = false

  function mayDiagnose(): Diagnostics | undefined {
    const { refreshWith } = options
    const endpoint = (name: 'login' | 'refresh') =>
      name === 'refresh' && typeof refreshWith === 'function' ? undefined : endpoints.resolve(name)
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
    const hasCredential = options.refreshWith !== 'access-token'
    const byDefault = platform.pageUrl() !== undefined && hasCredential ? 'always' : 'never'
    const mode = options.restore ?? byDefault
    return mode === 'hint' ? hint.read() !== undefined : mode === 'always'
  }

  // Whoever signs in, or loads the page, is there.
  function onEntered(how: 'entered' | 'refreshed'): void {
    if (how === 'entered') idle.touch()
    if (options.restore === 'hint') hint.set('1')
  }

  function beginRequest(): number | undefined {
    dueWork.markActivity()
    return tokens.currentEpoch()
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
      dueWork.markActivity()
      if (session.getState().status === 'unauthenticated') requireToken(undefined)
      await refresher.refresh('manual')
    },
    async getAccessToken() {
      checkLive()
      dueWork.markActivity()
      return requireToken(await tokens.forRequest(tokens.currentEpoch())).accessToken
    },
    markActive() {
      if (!isDisposed) dueWork.markActivity()
    },
    getState: session.getState,
    getRefreshStatus: refresher.status,
    subscribe: session.subscribe,
    on: emitter.on,
    async ready() {
      if (session.getState().status === 'initializing' && refresher.isInFlight()) {
        await refresher.refresh('restore').catch(() => {})
      }
      return session.getState()
    },
    dispose() {
      if (isDisposed) return
      isDisposed = true
      scheduler.dispose()
      binding.detachAll()
      tabSync.dispose()
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
