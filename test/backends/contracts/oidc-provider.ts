// OpenID Connect contract: the OAuth 2 preset, a login with a code, and the user of the ID token.
import type { AuthContract, UserFacts } from 'everbearer'
import { oauth2PublicClient } from 'everbearer/contracts'

interface IdToken {
  readonly sub: string
  readonly email: string
}

export const oidcProvider: AuthContract<IdToken> = {
  ...oauth2PublicClient({ clientId: 'spa', revocationEndpoint: '/token/revocation' }),
  login: {
    path: '/token',
    body: 'form',
    fields: {
      grant_type: 'authorization_code',
      client_id: 'spa',
      redirect_uri: 'https://app.example.com/callback'
    }
  },
  // Access tokens are opaque, so the user is in the ID token.
  user: { id: (facts) => readIdToken(facts)?.sub, profile: readIdToken }
}

function readIdToken({ answer }: UserFacts): IdToken | undefined {
  const { id_token: token } = (answer ?? {}) as { readonly id_token?: string }
  const payload = token?.split('.')[1]
  return payload === undefined
    ? undefined
    : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as IdToken)
}
