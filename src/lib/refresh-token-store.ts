// Refresh token store: an interface that the app implements, for the secure storage of a device.

/**
 * A store for the refresh token. The client calls one method after another, and abandons a call
 * after `refreshAbandonMs`.
 */
export interface RefreshTokenStore {
  /**
   * Returns the stored token; `undefined` if the store is empty. Called before each refresh, as
   * another tab may have stored a newer token. If it throws, or does not return within a second,
   * the refresh presents the token in memory. If none is there, the refresh fails with
   * `ERR_AUTH_STORE_FAILED` or, after `refreshAbandonMs`, `ERR_AUTH_TIMEOUT`, and is retried.
   */
  get(): string | undefined | Promise<string | undefined>
  /** Stores the token. If it fails, the session goes on in memory, with a development warning. */
  set(token: string): void | Promise<void>
  /** Removes the token. A failure causes a development warning only. */
  remove(): void | Promise<void>
}
