// OAuth 2 preset: the token and revocation endpoints, as a public client uses them.

import type { AuthContract } from '../auth-contract.ts'
import type { LogoutContract, RefreshContract } from '../endpoints.ts'

/**
 * An OAuth 2 authorization server, such as Keycloak, for a public client, which has no secret. This
 * preset is a function, because both requests must name the client.
 *
 * - There is no login request. The app sends the user to the authorization endpoint, redeems the
 *   code itself, and passes the token response to `login(async () => response)`.
 * - The refresh is `grant_type=refresh_token` with the refresh token and `client_id` in a form
 *   (RFC 6749 §6).
 * - Logout revokes the refresh token (RFC 7009 §2.1). If the server has no revocation endpoint,
 *   copy the contract with `logout: false`.
 * - The requests send no cookies.
 *
 * @example
 * createAuthClient({ baseURL, contract: oauth2PublicClient({ clientId: 'spa' }) })
 * @example
 * // Keycloak, realm `shop`
 * const keycloak = 'https://id.example.com/realms/shop/protocol/openid-connect'
 * const contract = oauth2PublicClient({
 *   clientId: 'spa',
 *   tokenEndpoint: `${keycloak}/token`,
 *   revocationEndpoint: `${keycloak}/revoke`
 * })
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1
 */
export function oauth2PublicClient({
  clientId,
  tokenEndpoint = '/token',
  revocationEndpoint = '/revoke'
}: OAuth2PublicClientOptions): OAuth2PublicClientContract {
  return {
    login: false,
    refresh: {
      path: tokenEndpoint,
      body: 'form',
      fields: { grant_type: 'refresh_token', client_id: clientId },
      credential: 'refresh-token',
      cookies: false
    },
    logout: {
      path: revocationEndpoint,
      body: 'form',
      fields: { token_type_hint: 'refresh_token', client_id: clientId },
      accessToken: false,
      refreshToken: 'token',
      cookies: false
    }
  }
}

export interface OAuth2PublicClientOptions {
  /** The `client_id` of the app (RFC 6749 §2.2). It is not a secret. */
  readonly clientId: string
  /**
   * The path below `baseURL`, or an absolute URL.
   *
   * @default '/token'
   */
  readonly tokenEndpoint?: string | undefined
  /**
   * The path below `baseURL`, or an absolute URL.
   *
   * @default '/revoke'
   */
  readonly revocationEndpoint?: string | undefined
}

export interface OAuth2PublicClientContract extends AuthContract {
  readonly login: false
  readonly refresh: RefreshContract
  readonly logout: LogoutContract
}
