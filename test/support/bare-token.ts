// A token that came with nothing: no lifetime said, no refresh token beside it.
import type { IssuedToken } from '../../src/auth-api/token-response.ts'

export function bareToken(accessToken: string): IssuedToken {
  return { accessToken, refreshToken: undefined, expiresInSeconds: undefined }
}
