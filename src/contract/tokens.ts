// Token places: where an answer holds the access token, the refresh token and the lifetime.

/** Where an answer of login or refresh holds the tokens. */
export interface TokenPlaces {
  /** @default ['access_token', 'accessToken'] */
  readonly accessToken?: TokenPlace | undefined
  /**
   * Read only with `credential: 'refresh-token'`.
   *
   * @default ['refresh_token', 'refreshToken']
   */
  readonly refreshToken?: TokenPlace | undefined
  /**
   * The lifetime of the access token. `false`: the answer has none, and `exp` of a JWT counts.
   *
   * @default { at: ['expires_in', 'expiresIn'], unit: 's' }
   * @example { at: 'data.expires', unit: 'ms' }
   */
  readonly expiresIn?: LifetimePlace | false | undefined
}

/**
 * A dotted path in the JSON body, such as `data.access_token`; several, of which the first present
 * one counts; a response header; or `{ body: 'text' }` if the body is the token itself.
 */
export type TokenPlace = BodyPath | HeaderFormat | { readonly body: 'text' }

/** A header that holds one token. */
export interface HeaderFormat {
  /**
   * The header's name.
   *
   * @default 'Authorization'
   */
  readonly header?: string | undefined
  /**
   * The word before the token, in any case. `''`: the token stands alone.
   *
   * @default 'Bearer' in the header `Authorization`; '' in every other
   * @example 'Token'
   */
  readonly scheme?: string | undefined
}

/**
 * A dotted path in a JSON body, or several of which the first present one counts. A number is an
 * index: `data.0.token`, not `data[0].token`.
 */
export type BodyPath = string | readonly string[]

/**
 * Where the lifetime stands: a path in the body, or a response header. Texts such as `15m`, `900`,
 * an ISO date or an HTTP-date are understood with any unit, and so is a number that can only be a
 * time since the epoch.
 *
 * @example { header: 'X-Expires-In' }
 */
export type LifetimePlace =
  | BodyPath
  | {
      readonly at?: BodyPath | undefined
      readonly header?: undefined
      readonly unit?: LifetimeUnit | undefined
    }
  | {
      readonly at?: undefined
      /** Cross-origin, the server must list it in `Access-Control-Expose-Headers`. */
      readonly header: string
      readonly unit?: LifetimeUnit | undefined
    }

/**
 * The unit of a plain number. The mock writes the lifetime in this form.
 *
 * - `s`: seconds; the default
 * - `ms`: milliseconds
 * - `duration`: a text such as `15m` or `1h`
 * - `date`: an ISO date
 */
export type LifetimeUnit = 's' | 'ms' | 'duration' | 'date'

/**
 * Reads the tokens of an answer. To end the session, it throws an `AuthError` with the code
 * `ERR_AUTH_SESSION_EXPIRED`; after any other error the answer counts as malformed.
 *
 * @example
 * ({ body }) => ({ accessToken: (body as MyAnswer).jwt, expiresIn: 300 })
 */
export type ReadTokens = (answer: {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON; `undefined` if the body is not JSON. */
  readonly body: unknown
  readonly text: string
}) => TokenResponse

/**
 * A token with its lifetime (RFC 6749 §5.1). The names may also be in camelCase. Other members are
 * ignored.
 *
 * @example { access_token: 'eyJ…', token_type: 'Bearer', expires_in: 300 }
 */
export type TokenResponse =
  | {
      readonly access_token: string
      readonly token_type?: string
      /** The lifetime in seconds, a text such as `15m`, or a date. */
      readonly expires_in?: number | string | undefined
      readonly refresh_token?: string | undefined
    }
  | {
      readonly accessToken: string
      readonly tokenType?: string
      readonly expiresIn?: number | string | undefined
      readonly refreshToken?: string | undefined
    }
