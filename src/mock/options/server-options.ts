// The options of the mock auth server, each with its unit, range and default.

import type { AdapterSettings, MockAdapterOptions } from './adapter-options.ts'
import type { CookieSettings, MockCookieAttributes } from './cookie-options.ts'
import type { KeySettings, MockKeyOptions } from './key-options.ts'
import type { MockMonitorOptions, MonitorSettings } from './monitor-options.ts'
import type { MockReissueOptions, ReissueSettings } from './reissue-options.ts'
import type { MockSessionOptions, SessionSettings } from './session-options.ts'

/** Somebody who can sign in. */
export interface MockUser {
  readonly email: string
  readonly password: string
  /** The `sub` claim (RFC 7519 §4.1.2). Default: `user-1` for the first user, `user-2` for the second, … */
  readonly sub?: string
  /**
   * More claims for this user's access tokens, as JSON. The registered ones (`iss`, `exp`, …) are the server's;
   * `token_version`, if there is one, is a whole number, from which `bumpTokenVersion` goes on.
   */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Where the routes are, below `basePath`. */
export interface MockPaths {
  /** Default `/login`. */
  readonly login?: string
  /** Default `/refresh`. */
  readonly refresh?: string
  /** Default `/logout`. */
  readonly logout?: string
  /** Default `/me`. */
  readonly me?: string
  /** Default `/.well-known/jwks.json`. */
  readonly jwks?: string
}

export interface MockAuthServerOptions
  extends MockAdapterOptions,
    MockKeyOptions,
    MockSessionOptions,
    MockReissueOptions,
    MockMonitorOptions {
  /** Who can sign in. Default: `ada@example.com` with the password `lovelace`. */
  readonly users?: readonly MockUser[]
  /** The `iss` claim (RFC 7519 §4.1.1). Default `https://mock.everbearer.test`. */
  readonly issuer?: string
  /** The `aud` claim (RFC 7519 §4.1.3). Default `api`. */
  readonly audience?: string
  /** Lifetime of an access token, in whole seconds, 1 to 31 536 000. Default 300. No token outlives its session. */
  readonly accessTokenSeconds?: number
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
  /** Attributes of the refresh cookie. With a path or a domain its default name over https is `__Secure-refresh_token`. */
  readonly cookie?: MockCookieAttributes
  /** The server's clock, in milliseconds since the epoch. Default `Date.now`, looked up at each call. */
  readonly now?: () => number
}

/** Paths with `basePath` in front. */
export type MockRoutePaths = Readonly<
  Record<'login' | 'refresh' | 'logout' | 'me' | 'jwks', string>
>

/** The options after validation, with every default filled in. */
export interface MockSettings
  extends AdapterSettings,
    KeySettings,
    SessionSettings,
    ReissueSettings,
    CookieSettings,
    MonitorSettings {
  readonly users: readonly Required<MockUser>[]
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
  readonly paths: MockRoutePaths
  readonly allowedOrigins: 'loopback' | readonly string[]
  readonly now: () => number
}
