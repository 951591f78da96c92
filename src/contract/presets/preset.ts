// Preset type: has its endpoints as objects, so that a copy can override one field.

import type { AuthContract } from '../auth-contract.ts'
import type { LoginContract, LogoutContract, RefreshContract } from '../endpoints.ts'

/**
 * The contract of a known backend. Its endpoints are objects, or `false` if the backend has none.
 */
export interface Preset<
  Refresh extends RefreshContract | false = RefreshContract,
  Logout extends LogoutContract | false = LogoutContract
> extends AuthContract {
  readonly login: LoginContract
  readonly refresh: Refresh
  readonly logout: Logout
}
