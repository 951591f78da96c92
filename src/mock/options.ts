// The options of the mock auth server, each with its unit, range and default.
import type { DoorSettings, MockDoorOptions } from './door-options.ts'

/** Somebody who can sign in. */
export interface MockUser {
  readonly email: string
  readonly password: string
  /** The `sub` claim (RFC 7519 §4.1.2). Default: `user-1` for the first user, `user-2` for the second, … */
  readonly sub?: string
  /** More claims for this user's access tokens, as JSON. The registered ones (`iss`, `exp`, …) are the server's. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A key with a name of your choice, so that a test can sign tokens of its own. */
export interface MockKey {
  /** The `kid` header parameter (RFC 7515 §4.1.4). */
  readonly kid: string
  /** The HS256 secret: its UTF-8 bytes, at least 32 of them (RFC 7518 §3.2). */
  readonly secret: string
}

/** Where the four routes are, below `basePath`. */
export interface MockPaths {
  /** Default `/login`. */
  readonly login?: string
  /** Default `/refresh`. */
  readonly refresh?: string
  /** Default `/logout`. */
  readonly logout?: string
  /** Default `/me`. */
  readonly me?: string
}

export interface MockAuthServerOptions extends MockDoorOptions {
  /** Who can sign in. Default: `ada@example.com` with the password `lovelace`. */
  readonly users?: readonly MockUser[]
  /** The `iss` claim (RFC 7519 §4.1.1). Default `https://mock.everbearer.test`. */
  readonly issuer?: string
  /** The `aud` claim (RFC 7519 §4.1.3). Default `api`. */
  readonly audience?: string
  /** Lifetime of an access token, in whole seconds, 1 to 31 536 000. Default 300. No token outlives its session. */
  readonly accessTokenSeconds?: number
  /**
   * Lifetime of a session from its login, in whole seconds, 1 to 31 536 000. Default 604 800 (7 days).
   * Nothing extends it: the refresh cookie's `Max-Age` is always what is left.
   */
  readonly sessionSeconds?: number
  /**
   * How long a refresh token that was just rotated still gets the same successor, in whole seconds, 0 to 86 400.
   * Default 10. With 0 every second use counts as reuse (RFC 9700 §4.14.2), but for a repeated `Idempotency-Key`.
   */
  readonly refreshGraceSeconds?: number
  /** What stands before each path, such as `/v1`; no slash at its end. Default: nothing. */
  readonly basePath?: string
  readonly paths?: MockPaths
  /**
   * Origins whose pages may call, each as a browser sends it (`https://app.example.com`).
   * Default `loopback`: any http(s) origin on `localhost`, `*.localhost`, `127.0.0.0/8` or `[::1]`.
   */
  readonly allowedOrigins?: 'loopback' | readonly string[]
  /**
   * Name of the refresh cookie. Default: `__Host-refresh_token` over https, and `refresh_token` (without `Secure`)
   * over plain http, which is meant for loopback only.
   */
  readonly cookieName?: string
  /** The first key signs, the others only verify. Default: one generated key of 256 bits. */
  readonly keys?: readonly MockKey[]
  /** The server's clock, in milliseconds since the epoch. Default `Date.now`, looked up at each call. */
  readonly now?: () => number
}

/** Paths with `basePath` in front. */
export type MockRoutePaths = Readonly<Record<'login' | 'refresh' | 'logout' | 'me', string>>

/** The options after validation, with every default filled in. */
export interface MockSettings extends DoorSettings {
  readonly users: readonly Required<MockUser>[]
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
  readonly sessionSeconds: number
  readonly refreshGraceSeconds: number
  readonly paths: MockRoutePaths
  readonly allowedOrigins: 'loopback' | readonly string[]
  readonly cookieName: string | undefined
  readonly keys: readonly MockKey[]
  readonly now: () => number
}
