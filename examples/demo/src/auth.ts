// The session of this page: the one file that an app with everbearer needs.
import { type AuthClient, createAuthClient } from 'everbearer'

export interface Credentials {
  readonly email: string
  readonly password: string
}

export const auth: AuthClient<Credentials> = createAuthClient<Credentials>({
  baseURL: import.meta.env.VITE_API_URL,
  // A real app leaves this on, so that users who sign in together do not come back together. Here the refresh shall come
  // at three quarters of every token's life, where whoever watches expects it.
  spreadRefreshes: false
})
