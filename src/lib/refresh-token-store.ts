// Refresh token store: an interface that the app implements, for the secure storage of a device.

/**
 * A store for the refresh token. The client calls one method after another, and abandons a call
 * after `refreshAbandonMs`.
 */
export interface RefreshTokenStore {
  /**
   * Returns the stored token; `undefined` if the store is empty. If it throws, the refresh fails
   * with `ERR_AUTH_STORE_FAILED` and is retried; if it does not return, with `ERR_AUTH_TIMEOUT`.
   */
  get(): string | undefined | Promise<string | undefined>
  /** Stores the token. If it fails, the session goes on in memory, with a development warning. */
  set(token: string): void | Promise<void>
  /** Removes the token. A failure causes a development warning only. */
  remove(): void | Promise<void>
}
