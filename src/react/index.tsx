// Entry "everbearer/react": the session as React state. It imports only types of the client.
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore
} from 'react'
import type { AuthClient } from '../auth-client.ts'
import type { Claims } from '../contract/auth-contract.ts'
import type { AuthState } from '../session/state.ts'

const AuthContext = createContext<AuthClient<never, unknown> | undefined>(undefined)

/** The state during server rendering and hydration. One object, so that hydration is stable. */
const serverState: AuthState<never> = {
  status: 'initializing',
  degraded: undefined,
  user: undefined
}

export interface AuthProviderProps {
  /** Create it outside of components, because a client lives as long as the page. */
  readonly client: AuthClient<never, unknown>
  readonly children?: ReactNode
}

/**
 * Provides a client to {@link useAuth} and {@link useAuthClient} in all components below. It does
 * not create or dispose of the client.
 *
 * @example
 * const auth = createAuthClient({ baseURL: 'https://api.example.com' })
 * root.render(<AuthProvider client={auth}><App /></AuthProvider>)
 */
export function AuthProvider({ client, children }: AuthProviderProps): ReactNode {
  return createElement(AuthContext.Provider, { value: client }, children)
}

/** The state of the session, with `login` and `logout` of the client. */
export type UseAuth<Credentials extends object = object, User = Claims> = AuthState<User> & {
  readonly client: AuthClient<Credentials, User>
  readonly login: AuthClient<Credentials, User>['login']
  readonly logout: AuthClient<Credentials, User>['logout']
}

/**
 * Returns the session, for rendering. The component renders again when the state changes, but not
 * when a token is refreshed. The result keeps its identity until the state or the client changes.
 *
 * @throws Error if there is no {@link AuthProvider} above
 *
 * @example
 * const { status, user, logout, ...state } = useAuth()
 * if (status === 'initializing') return <Spinner />
 * if ('reason' in state && state.reason === 'unreachable') return <Offline />
 * if (status === 'unauthenticated') return <SignInPage />
 * return <button onClick={logout}>Sign out {String(user?.name)}</button>
 */
export function useAuth<Credentials extends object = object, User = Claims>(): UseAuth<
  Credentials,
  User
> {
  const client = useAuthClient<Credentials, User>()
  const state = useSyncExternalStore(client.subscribe, client.getState, () => serverState)
  return useMemo(
    () => ({ ...state, client, login: client.login, logout: client.logout }),
    [state, client]
  )
}

/**
 * Returns the client, for event handlers and effects. Changes of the session do not cause a render.
 *
 * @throws Error if there is no {@link AuthProvider} above
 */
export function useAuthClient<Credentials extends object = object, User = Claims>(): AuthClient<
  Credentials,
  User
> {
  const client = useContext(AuthContext)
  if (client === undefined)
    throw new Error('useAuth() and useAuthClient() require an <AuthProvider client={…}> above.')
  return client as AuthClient<object, unknown> as AuthClient<Credentials, User>
}
