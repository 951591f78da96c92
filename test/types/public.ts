// The public types, tested by being compiled: what must fit fits, and what must not is an error.
import {
  type AuthClient,
  type AuthState,
  createAuthClient,
  isAuthError,
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

// An ordinary interface is good enough for credentials, named or not.
createAuthClient().login(form)
createAuthClient<LoginForm>().login(form)
const anyClient: AuthClient = createAuthClient<LoginForm>()
anyClient.login(async () => ({ accessToken: 'a', expiresIn: 60 }))
// @ts-expect-error the password is missing
createAuthClient<LoginForm>().login({ email: 'a' })
// @ts-expect-error a string is no credentials
createAuthClient().login('lovelace')

// The reason is known of somebody who is signed out, and of nobody else.
if (state.status === 'unauthenticated') holds<Equals<typeof state.reason, SignedOutReason>>()
// @ts-expect-error the status has to be asked first
state.reason
if (state.status === 'initializing') holds<Equals<keyof typeof state, 'status' | 'degraded'>>()

// Narrowing by code.
if (isAuthError(error, 'ERR_AUTH_TIMEOUT')) holds<Equals<typeof error.code, 'ERR_AUTH_TIMEOUT'>>()
// @ts-expect-error no such code
isAuthError(error, 'ERR_AUTH_NONSENSE')

createAuthClient({ baseURL: undefined, paths: { login: undefined } })
// @ts-expect-error no such option
createAuthClient({ baseUrl: '' })
createAuthClient().on('renewed', ({ token }) =>
  holds<Equals<typeof token.keyId, string | undefined>>()
)
// @ts-expect-error no such event
createAuthClient().on('refreshed', () => {})
