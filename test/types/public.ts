// Public types of the client: this file must compile, and each `@ts-expect-error` must be an error.
import axios from 'axios'
import {
  type ApiAnswer,
  type AuthClient,
  type AuthFetch,
  type AuthState,
  createAuthClient,
  type Degraded,
  isAuthError,
  type RequestFlags,
  type SignedOutReason
} from 'everbearer'

type Equals<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_Claim extends true>(): void => {}

interface LoginForm {
  email: string
  password: string
}
declare const form: LoginForm
declare const state: AuthState
declare const error: unknown

// Credentials may have any interface, with or without a type argument.
createAuthClient().login(form)
createAuthClient<LoginForm>().login(form)
const anyClient: AuthClient = createAuthClient<LoginForm>()
anyClient.login(async () => ({ accessToken: 'a', expiresIn: 60 }))
// @ts-expect-error the password is missing
createAuthClient<LoginForm>().login({ email: 'a' })
// @ts-expect-error credentials are an object
createAuthClient().login('lovelace')

// The state is a union, and a switch over its status is exhaustive.
holds<Equals<AuthState['status'], 'initializing' | 'authenticated' | 'unauthenticated'>>()
function describeState(one: AuthState): Degraded | undefined | SignedOutReason {
  switch (one.status) {
    case 'initializing':
    case 'authenticated':
      return one.degraded
    case 'unauthenticated':
      return one.reason
  }
}
describeState(state)
function changeState(one: AuthState): void {
  // @ts-expect-error the state is read-only
  one.status = 'authenticated'
}
changeState(state)

// Only the signed-out state has a reason.
if (state.status === 'unauthenticated') holds<Equals<typeof state.reason, SignedOutReason>>()
// @ts-expect-error the status must be checked first
state.reason
if (state.status === 'initializing') holds<Equals<keyof typeof state, 'status' | 'degraded'>>()

// Narrowing by code.
if (isAuthError(error, 'ERR_AUTH_TIMEOUT')) holds<Equals<typeof error.code, 'ERR_AUTH_TIMEOUT'>>()
// @ts-expect-error no such code
isAuthError(error, 'ERR_AUTH_NONSENSE')

createAuthClient({ baseURL: undefined, paths: { login: undefined } })
// @ts-expect-error no such option
createAuthClient({ baseUrl: '' })
createAuthClient().on('refreshed', ({ token }) =>
  holds<Equals<typeof token.kid, string | undefined>>()
)
// @ts-expect-error no such event
createAuthClient().on('no-such-event', () => {})

// Request flags, in axios's config, in an instance's defaults and in fetch's init.
const client = createAuthClient()
client.axios.get('/me', { everbearer: { accessToken: 'omit' } })
client.axios.post('/me', {}, { everbearer: { accessToken: 'require', replay: 'never' } })
client.axios.request<string>({ everbearer: { accessToken: undefined, replay: undefined } })
axios.create({ everbearer: { replay: 'once' } }).interceptors.request.use((config) => {
  holds<Equals<typeof config.everbearer, RequestFlags | undefined>>()
  return config
})
client.axios.defaults.everbearer = { accessToken: 'attach' }
client.fetch('/me', { everbearer: { accessToken: 'omit' } })
// @ts-expect-error no such flag
client.axios.get('/me', { everbearer: { token: 'omit' } })
// @ts-expect-error no such value
client.axios.get('/me', { everbearer: { accessToken: false } })
// @ts-expect-error no such value
client.fetch('/me', { everbearer: { replay: 'twice' } })

// `auth.fetch` is assignable to `fetch` and vice versa.
const plain: typeof fetch = client.fetch
const own: AuthFetch = plain
own(new URL('https://api.example.com'), { method: 'POST', body: new FormData(), keepalive: true })

createAuthClient({ isTokenRefusal: ({ status }) => status === 403 })
createAuthClient({
  isTokenRefusal: async (answer: ApiAnswer) =>
    answer.challenges.some(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('error')
    ) || (await answer.text()).includes('expired')
})
// @ts-expect-error the function must return a decision
createAuthClient({ isTokenRefusal: () => {} })
if (isAuthError(error, 'ERR_AUTH_BODY_SPENT'))
  holds<Equals<typeof error.status, number | undefined>>()
