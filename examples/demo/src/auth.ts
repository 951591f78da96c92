// The auth client of this page. With `header.tsx`, it is all that an app needs for everbearer.
import { createAuthClient } from 'everbearer'

export interface Credentials {
  readonly email: string
  readonly password: string
}

export const auth = createAuthClient<Credentials>({
  baseURL: import.meta.env.VITE_API_URL,
  // Real apps keep the jitter on. The demo refreshes at three quarters of each token's lifetime, so
  // that viewers can predict it.
  spreadRefreshes: false
})
