// The entry "everbearer/react": the session as React state. It knows the client's types and nothing of its inside.
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

/** On the server nobody is known to be signed in yet; one object, so that hydration sees no change. */
const serverState: AuthState = { status: 'initializing', degraded: undefined }

export interface AuthProviderProps {
  /** Create it outside of components: a client lives as long as the page, not as long as a mount. */
  readonly client: AuthClient<never>
  readonly children?: ReactNode
}

/** Hands a client to {@link useAuth} in everything below. It neither creates nor disposes of anything. */
export function AuthProvider({ client, children }: AuthProviderProps): ReactNode {
  return createElement(AuthContext.Provider, { value: client }, children)
}

/** The session's state and the two things a component does about it. */
export type UseAuth<Credentials extends object = object> = AuthState & {
  readonly client: AuthClient<Credentials>
  readonly login: AuthClient<Credentials>['login']
  readonly logout: AuthClient<Credentials>['logout']
}

/**
 * The session, for rendering. The component renders again when the state changes, not when a token is renewed, and the
 * result keeps its identity in between.
 *
 * @throws Error where there is no {@link AuthProvider} above
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

/** The client itself, for event handlers and effects; causes no rendering. */
export function useAuthClient<Credentials extends object = object>(): AuthClient<Credentials> {
  const client = useContext(AuthContext)
  if (client === undefined)
    throw new Error('useAuth() needs an <AuthProvider client={…}> above it.')
  return client as AuthClient<object> as AuthClient<Credentials>
}
