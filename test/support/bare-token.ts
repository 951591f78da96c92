// A token that came with nothing: no lifetime said, no refresh token beside it.
import type { IssuedToken } from '../../src/auth-api/answer.ts'

export function bareToken(accessToken: string): IssuedToken {
  return { accessToken, refreshToken: undefined, expiresInSeconds: undefined }
}
