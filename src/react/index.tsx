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
import type { AuthState } from '../session/state.ts'

const AuthContext = createContext<AuthClient<never> | undefined>(undefined)

/** The state during server rendering and hydration. One object, so that hydration is stable. */
const serverState: AuthState = { status: 'initializing', degraded: undefined }

export interface AuthProviderProps {
  /** Create it outside of components, because a client lives as long as the page. */
  readonly client: AuthClient<never>
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
export type UseAuth<Credentials extends object = object> = AuthState & {
  readonly client: AuthClient<Credentials>
  readonly login: AuthClient<Credentials>['login']
  readonly logout: AuthClient<Credentials>['logout']
}

/**
 * Returns the session, for rendering. The component renders again when the state changes, but not
 * when a token is refreshed. The result keeps its identity until the state or the client changes.
 *
 * @throws Error if there is no {@link AuthProvider} above
 *
 * @example
 * const { status, logout } = useAuth()
 * if (status === 'initializing') return <Spinner />
 * return status === 'authenticated' ? <button onClick={logout}>Sign out</button> : <SignInPage />
 */
export function useAuth<Credentials extends object = object>(): UseAuth<Credentials> {
  const client = useAuthClient<Credentials>()
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
export function useAuthClient<Credentials extends object = object>(): AuthClient<Credentials> {
  const client = useContext(AuthContext)
  if (client === undefined)
    throw new Error('useAuth() and useAuthClient() require an <AuthProvider client={…}> above.')
  return client as AuthClient<object> as AuthClient<Credentials>
}
