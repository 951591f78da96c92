// The options of the mock auth server, each with its unit, range and default.

import type { CookieSettings, MockCookieAttributes } from '../http/refresh-cookie.ts'
import type { KeySettings } from '../keys/registry.ts'
import type { MockUser } from '../sessions/users.ts'

import type { AdapterSettings, MockAdapterOptions } from './adapters.ts'
import type { MockKeyOptions } from './keys.ts'
import type { MockMonitorOptions, MonitorSettings } from './monitor.ts'
import type { MockReissueOptions, ReissueSettings } from './reissue.ts'
import type { MockSessionOptions, SessionSettings } from './sessions.ts'

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

/** The path of each route, including `basePath`. */
export type MockRoutePaths = Readonly<Required<MockPaths>>

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
