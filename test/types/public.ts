// Public types of the client: this file must compile, and each `@ts-expect-error` must be an error.
import axios, { type InternalAxiosRequestConfig } from 'axios'
import {
  type AuthClient,
  type AuthContract,
  type AuthFetch,
  type AuthState,
  createAuthClient,
  type Degraded,
  isAuthError,
  type ReceivedAnswer,
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

// A login has a body, and the id of a user may be missing.
createAuthClient({ contract: { user: { id: ({ claims }) => claims?.id as string | null } } })
// @ts-expect-error credentials must not stand in a URL
createAuthClient({ contract: { login: { method: 'GET' } } })
// @ts-expect-error credentials must not stand in a URL
createAuthClient({ contract: { login: { body: 'none' } } })

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
if (state.status === 'initializing') {
  holds<Equals<keyof typeof state, 'status' | 'degraded' | 'user'>>()
}

// The user is typed by the profile of the contract; without one, it has the claims of the token.
const described = createAuthClient({
  contract: { user: { profile: ({ claims }) => ({ name: String(claims?.name) }) } }
})
const { user } = described.getState()
holds<Equals<typeof user, { name: string } | undefined>>()
const claims = createAuthClient().getState().user
holds<Equals<typeof claims, Readonly<Record<string, unknown>> | undefined>>()
holds<
  Equals<Awaited<ReturnType<typeof described.restore>>, ReturnType<typeof described.getState>>
>()
const named: AuthClient<LoginForm, { name: string }> = createAuthClient<
  LoginForm,
  { name: string }
>({ contract: { user: { profile: 'data.user' } } })
named.login(form)

// login() resolves with the body of the answer.
const body = createAuthClient().login<{ mfa: boolean }>(form)
holds<Equals<typeof body, Promise<{ mfa: boolean }>>>()
const unknownBody = createAuthClient().login(form)
holds<Equals<typeof unknownBody, Promise<unknown>>>()

// Narrowing by code.
if (isAuthError(error, 'ERR_AUTH_TIMEOUT')) holds<Equals<typeof error.code, 'ERR_AUTH_TIMEOUT'>>()
// @ts-expect-error no such code
isAuthError(error, 'ERR_AUTH_NONSENSE')

createAuthClient({ baseURL: undefined, contract: { login: undefined } })
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
client.axios.post('/me', {}, { everbearer: { accessToken: 'require', onRefusal: 'refresh' } })
client.axios.request<string>({
  everbearer: { accessToken: undefined, onRefusal: undefined, background: true }
})
axios.create({ everbearer: { onRefusal: 'replay' } }).interceptors.request.use((config) => {
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
client.fetch('/me', { everbearer: { onRefusal: 'twice' } })

// `auth.fetch` is assignable to `fetch` and vice versa.
const plain: typeof fetch = client.fetch
const own: AuthFetch = plain
own(new URL('https://api.example.com'), { method: 'POST', body: new FormData(), keepalive: true })

// The contract: rules are numbers, patterns or functions, and the user's type follows from it.
createAuthClient({
  contract: {
    refusals: {
      accessToken: [401, { status: 403, text: 'expired' }],
      session: ({ status }) => status === 403,
      credentials: async (answer: ReceivedAnswer) =>
        answer.challenges.some(
          ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('error')
        ) || (await answer.text()).includes('expired')
    }
  }
})
// @ts-expect-error the function must return a decision
createAuthClient({ contract: { refusals: { session: () => {} } } })
// @ts-expect-error no such method
createAuthClient({ contract: { refresh: { method: 'FETCH' } } })
const shared = { refresh: { credential: 'refresh-token' } } satisfies AuthContract
createAuthClient({ contract: shared })
if (isAuthError(error, 'ERR_AUTH_BODY_SPENT'))
  holds<Equals<typeof error.status, number | undefined>>()
// An error of an axios request is of both types.
if (axios.isAxiosError(error) && isAuthError(error)) {
  holds<Equals<typeof error.retryAfterMs, number | undefined>>()
  holds<Equals<typeof error.config, InternalAxiosRequestConfig | undefined>>()
}
