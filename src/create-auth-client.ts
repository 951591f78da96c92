// createAuthClient(): builds the parts of a client and wires them. It decides nothing itself.
import { createEndpoints } from './auth-api/endpoints.ts'
import { createNotices } from './auth-api/notices.ts'
import { createTokenRequest } from './auth-api/token-request.ts'
import type { AuthClient } from './auth-client.ts'
import type { Claims } from './contract/auth-contract.ts'
import type { TokenResponse } from './contract/tokens.ts'
import { createDecide } from './lib/answer-rules.ts'
import { checkFunction } from './lib/checks.ts'
import { AuthError } from './lib/errors.ts'
import { createEmitter } from './lib/listeners.ts'
import { createPlatform, pageFetch } from './lib/platform.ts'
import { createWaits, readMoment } from './lib/time.ts'
import { checkUrlSupport, createUrlRules } from './lib/url.ts'
import type { AuthClientOptions } from './options.ts'
import { createRefreshRequest } from './refresh/refresh-request.ts'
import { readPolicy } from './refresh/refresh-time.ts'
import { createRefresher } from './refresh/refresher.ts'
import { createAxiosBinding } from './request/axios/attach.ts'
import { createDiagnostics } from './request/diagnostics.ts'
import { createAuthFetch } from './request/fetch.ts'
import { createIsTooLate } from './request/late-answers.ts'
import { createRefusalGuard } from './request/refusal-guard.ts'
import { createAdoptReissued } from './request/reissued-header.ts'
import { createSendWithToken } from './request/send-with-token.ts'
import { createTokenRefusal } from './request/token-refusal.ts'
import { createTokenSource } from './request/token-source.ts'
import { readInitialToken, resolveOptions } from './resolve-options.ts'
import { createIdleWatch } from './schedule/idle.ts'
import { createScheduler } from './schedule/scheduler.ts'
import { type AuthEvents, eventNames } from './session/events.ts'
import { createReceiveToken } from './session/held-token.ts'
import { createSession } from './session/session.ts'
import type { AuthState } from './session/state.ts'
import { createReadUser } from './session/user.ts'
import { receiveInitialToken } from './sign-in/initial-token.ts'
import { canAskServer, keepRestoreHint, planRestore } from './sign-in/restore.ts'
import { createSignIn } from './sign-in/sign-in.ts'
import { liveSession } from './tabs/record-value.ts'
import { createSessionRecord } from './tabs/session-record.ts'
import { createTabs, takeName } from './tabs/tabs.ts'

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
export function createAuthClient<Credentials extends object = object, User = Claims>(
  given: AuthClientOptions<User> = {}
): AuthClient<Credentials, User> {
  checkUrlSupport()
  const environment = createPlatform()
  const options = resolveOptions(given, environment)
  const { baseURL, contract, refreshTimeoutMs, refreshAbandonMs } = options
  const policy = readPolicy(options)

  // The environment.
  const { dispose: endWaits, ...waits } = createWaits(options.platform)
  const platform = { ...options.platform, ...waits }
  const emitter = createEmitter<AuthEvents>(eventNames)
  const { base, isAllowed, origins } = createUrlRules(options, platform)
  const endpoints = createEndpoints(options, base, isAllowed)

  // Two clients of one origin that talk to different servers must not share a lock or a stored
  // value.
  const namespace = `everbearer:${options.name}:${endpoints.identify()}`
  // Another format of the record has another key.
  const record = createSessionRecord(platform, `${namespace}:record-1`)

  // The session. Its signals reach the parts in the order in which they are created here.
  const { refresh } = contract
  const readUser = createReadUser(contract.user)
  const issued = readInitialToken(options, platform.now())
  const initialToken = receiveInitialToken(issued, readMoment(platform), readUser)
  const { signOutAfterSeconds: limitSeconds, whileHidden } = options.idlePolicy
  const canAsk = canAskServer(options, issued?.refreshToken)
  const plan = planRestore(options, record.known(), { initialToken, canAsk }, platform)
  const freeName = takeName(options, environment, namespace)
  const session = createSession(plan === 'none' || plan === 'initial-token', emitter)
  if (options.restore === 'hint') keepRestoreHint(session, record)
  const tabs = createTabs({
    mode: options.tabs,
    namespace,
    lockTimeoutMs: options.lockTimeoutMs,
    refreshTimeoutMs,
    record,
    session,
    readUser,
    platform
  })

  // The auth requests: refresh, login and logout.
  const diagnostics = createDiagnostics({
    platform,
    origins,
    emitter,
    contract,
    baseURL,
    trustedOrigins: options.trustedOrigins,
    endpoints
  })
  const notices = createNotices(platform)
  const decide = createDecide(platform, refreshTimeoutMs)
  const tokenRefusal = createTokenRefusal({ contract, decide })
  const plainTokenRequest = createTokenRequest(platform, {
    contract,
    endpoints,
    trusts: origins.trusts,
    isTokenRefusal: tokenRefusal.refuses,
    decide,
    notices
  })
  const tokenRequest = diagnostics?.watch(plainTokenRequest) ?? plainTokenRequest
  const onContradiction = notices?.contradictedLifetime
  const receive = createReceiveToken({ platform, readUser, onContradiction })
  const limits = { refreshTimeoutMs, refreshAbandonMs }
  const parts = { session, record, tabs, refresh, receive, platform, policy, canAsk, ...limits }
  const { refreshTokenStore: store } = options
  const initialRefreshToken = initialToken === undefined ? issued?.refreshToken : undefined
  const refreshRequest = createRefreshRequest({
    ...parts,
    tokenRequest,
    store,
    initialRefreshToken,
    notices
  })
  const isSessionKnown = () =>
    options.restore === 'hint' && liveSession(record.read()) !== undefined
  const refresher = createRefresher({
    ...parts,
    request: refreshRequest,
    isSessionKnown,
    emitter
  })
  const signIn = createSignIn({
    ...parts,
    tokenRequest,
    refreshRequest,
    isSessionKnown,
    canLogOut: contract.logout !== false
  })

  // The due work: refreshes before expiry, and the sign-out of an idle user.
  const idle = createIdleWatch({ ...parts, limitSeconds, signIn })
  const scheduler = createScheduler({ ...parts, refresher, signIn, idle, whileHidden })

  // The app's requests: the token for each, over axios and over fetch.
  const { isAppSigningIn } = signIn
  const guard = createRefusalGuard(session, platform)
  const tokens = createTokenSource({ ...parts, refresher, guard, isAppSigningIn })
  const { attach, reissue } = contract
  const sendWithToken = createSendWithToken({
    tokens,
    origins,
    isAuthEndpoint: endpoints.has,
    tokenRefusal,
    adoptReissued: createAdoptReissued({ ...parts, emitter, origins, reissue }),
    isTooLate: createIsTooLate(session, options.lateAnswers),
    diagnostics
  })
  const { beginRequest } = session
  const requestDeps = { sendWithToken, beginRequest, attach, reissue, fetch: pageFetch, platform }
  const binding = createAxiosBinding(requestDeps)
  const authFetch = createAuthFetch({ ...requestDeps, baseURL })
  const instance = binding.createInstance({ baseURL })

  if (plan === 'initial-token' && initialToken !== undefined) signIn.start(initialToken)
  if (plan === 'idle') session.end('idle', 'logout')
  if (plan === 'wait') session.end('no-session', 'unasked')
  if (plan === 'ask-server') {
    tabs.askServerFirst()
    // A server that repeats answers by key could return the session of an earlier user.
    tabs.attempts.forget()
  }
  if (plan.startsWith('ask')) refresher.refresh('restore').catch(() => {})
  else signIn.retrySignOut()

  let isDisposed = false
  const getState = session.getState as () => AuthState<User>

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
    async login<Body>(credentials: Credentials | (() => Promise<TokenResponse | object>)) {
      checkLive()
      return (await signIn.login(credentials)) as Body
    },
    async restore() {
      checkLive()
      await signIn.restore()
      return getState()
    },
    async logout() {
      checkLive()
      return signIn.logout('signed-out')
    },
    async refresh() {
      checkLive()
      session.signal('activity')
      const isSignedOut = session.getState().status === 'unauthenticated'
      if (isSignedOut && !session.isRestoring()) tokens.require(undefined)
      await refresher.refresh('manual')
    },
    async getAccessToken() {
      checkLive()
      return tokens.require(await tokens.forRequest(session.beginRequest(false))).accessToken
    },
    markActive() {
      session.signal('activity')
    },
    getState,
    getRefreshStatus: refresher.status,
    subscribe(listener) {
      checkFunction(listener, 'subscribe(): listener')
      return session.subscribe(listener)
    },
    on: emitter.on,
    async ready() {
      if (session.getState().status === 'initializing' && refresher.isPending()) {
        await refresher.refresh('restore').catch(() => {})
      }
      return getState()
    },
    dispose() {
      if (isDisposed) return
      isDisposed = true
      freeName()
      scheduler.dispose()
      binding.dispose(disposed)
      tabs.dispose()
      session.dispose()
      refresher.dispose(disposed())
      signIn.dispose(disposed())
      endWaits(disposed())
      emitter.clear()
    }
  }
}

function disposed(): AuthError {
  return new AuthError('ERR_AUTH_DISPOSED', 'This client has been disposed; create a new one.')
}
