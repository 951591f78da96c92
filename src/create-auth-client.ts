// createAuthClient(): builds the parts of a client and wires them. It decides nothing itself.
import axios from 'axios'
import { createEndpoints } from './auth-api/endpoints.ts'
import { createTokenRequest } from './auth-api/token-request.ts'
import type { AuthClient } from './auth-client.ts'
import { AuthError } from './lib/errors.ts'
import { createEmitter } from './lib/listeners.ts'
import { createPlatform, pageFetch } from './lib/platform.ts'
import { createStoredValue } from './lib/stored-value.ts'
import { createTimers } from './lib/time.ts'
import { createTrustedOrigins } from './lib/url.ts'
import type { AuthClientOptions } from './options.ts'
import { createRefresher } from './refresh/refresher.ts'
import { createAxiosBinding } from './request/axios/attach.ts'
import { createDiagnostics } from './request/diagnostics.ts'
import { createAuthFetch } from './request/fetch.ts'
import { createSendWithToken } from './request/send-with-token.ts'
import { createRefusalRule } from './request/token-refusal.ts'
import { createTokenSource, requireToken } from './request/token-source.ts'
import { resolveOptions } from './resolve-options.ts'
import { createIdleWatch } from './schedule/idle.ts'
import { createScheduler } from './schedule/scheduler.ts'
import type { AuthEvents } from './session/events.ts'
import { createSession } from './session/session.ts'
import { keepRestoreHint, mayRestore } from './sign-in/restore.ts'
import { createSignIn } from './sign-in/sign-in.ts'
import { createTabs } from './tabs/tabs.ts'

/**
 * Creates a client for one session. In a page it begins to restore the session at once; importing
 * the module does nothing.
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
  const { baseURL, idlePolicy, initialToken, refreshWith, reissuedTokenHeader } = options
  const { refreshTimeoutMs, refreshAbandonMs, sendIdempotencyKey } = options
  const { refreshBeforeExpirySeconds, spreadRefreshes } = options
  const policy = { refreshBeforeExpirySeconds, spreadRefreshes }

  // The environment.
  const replaced = createPlatform(options.platform)
  const timers = createTimers(replaced)
  const platform = { ...replaced, setTimer: timers.setTimer }
  const emitter = createEmitter<AuthEvents>()
  const endpoints = createEndpoints(options, platform.pageUrl)
  const origins = createTrustedOrigins(baseURL, options.trustedOrigins, platform.pageUrl)

  // Two clients of one origin that talk to different servers must not share a lock or a stored
  // value.
  const namespace = `everbearer:${endpoints.identify()}`
  const storedValue = (name: string) => createStoredValue(platform.storage, `${namespace}:${name}`)
  const signOutMark = storedValue('signed-out')
  const restoreHint = storedValue('signed-in')

  // The session. Its signals reach the parts in the order in which they are created here.
  const restores = mayRestore({
    mode: options.restore,
    hasPage: platform.pageUrl() !== undefined,
    hasInitialToken: initialToken !== undefined,
    hasLastingCredential: refreshWith !== 'access-token',
    isSignOutPending: signOutMark.read() !== undefined,
    hint: restoreHint
  })
  const session = createSession(!restores, emitter)
  const tabs = createTabs({
    mode: options.tabs,
    namespace,
    lockTimeoutMs: options.lockTimeoutMs,
    session,
    signOutMark,
    platform
  })

  // The auth requests: refresh, login and logout.
  const isRefreshedByApp = typeof refreshWith === 'function'
  const diagnostics = createDiagnostics({
    platform,
    origins,
    emitter,
    reissuedTokenHeader,
    sendIdempotencyKey,
    endpoint: (name) =>
      name === 'refresh' && isRefreshedByApp ? undefined : endpoints.resolve(name)
  })
  const plainTokenRequest = createTokenRequest(platform, {
    endpoints,
    sendIdempotencyKey,
    refreshWith,
    parseTokenResponse: options.parseTokenResponse,
    trusts: origins.trusts
  })
  const tokenRequest = diagnostics?.watch(plainTokenRequest) ?? plainTokenRequest
  const refresher = createRefresher({
    session,
    tabs,
    tokenRequest,
    platform,
    emitter,
    policy,
    refreshTimeoutMs,
    refreshAbandonMs,
    isRefreshedByApp
  })
  const signIn = createSignIn({
    session,
    tabs,
    tokenRequest,
    signOutMark,
    platform,
    policy,
    refreshTimeoutMs,
    refreshAbandonMs
  })
  if (options.restore === 'hint') keepRestoreHint(session, restoreHint)

  // The due work: refreshes before expiry, and the sign-out of an idle user.
  const idle = createIdleWatch({
    limitSeconds: idlePolicy.signOutAfterSeconds,
    session,
    signIn,
    lastActive: storedValue('active'),
    platform
  })
  const scheduler = createScheduler({
    session,
    tabs,
    refresher,
    signIn,
    idle,
    platform,
    whileHidden: idlePolicy.whileHidden
  })

  // The app's requests: the token for each, over axios and over fetch.
  const tokens = createTokenSource({
    session,
    refresher,
    emitter,
    platform,
    policy,
    isAppSigningIn: signIn.isAppSigningIn
  })
  const sendWithToken = createSendWithToken({
    tokens,
    origins,
    isAuthEndpoint: endpoints.has,
    refuses: createRefusalRule(options.isTokenRefusal),
    diagnostics
  })
  const binding = createAxiosBinding({
    sendWithToken,
    beginRequest: session.beginRequest,
    reissuedTokenHeader,
    fetch: pageFetch,
    platform
  })
  const authFetch = createAuthFetch({
    sendWithToken,
    beginRequest: session.beginRequest,
    reissuedTokenHeader,
    fetch: pageFetch
  })
  const instance = axios.create({ baseURL })
  binding.attach(instance)

  // An unconfirmed sign-out comes first: a restore would undo it.
  if (signOutMark.read() !== undefined) signIn.retrySignOut()
  else if (initialToken !== undefined) signIn.start(initialToken)
  else if (restores) refresher.refresh('restore').catch(() => {})

  let isDisposed = false

  function checkLive(): void {
    if (isDisposed) throw disposed()
  }

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
      session.signal('activity')
      if (session.getState().status === 'unauthenticated') requireToken(undefined)
      await refresher.refresh('manual')
    },
    async getAccessToken() {
      checkLive()
      return requireToken(await tokens.forRequest(session.beginRequest())).accessToken
    },
    markActive() {
      session.signal('activity')
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
      tabs.dispose()
      session.dispose()
      refresher.dispose(disposed())
      signIn.dispose(disposed())
      timers.dispose()
      emitter.clear()
    }
  }
}

function disposed(): AuthError {
  return new AuthError('ERR_AUTH_DISPOSED', 'This client has been disposed; create a new one.')
}
