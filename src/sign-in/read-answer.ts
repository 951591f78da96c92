// Sign-in answers: reads the server's answer to `login()` and to `restore()`.

import type { IssuedToken, TokenAnswer } from '../auth-api/answers/token-answer.ts'
import { AuthError } from '../lib/errors.ts'

/** @throws AuthError if the server did not issue a token */
export function readLoginAnswer(answer: TokenAnswer): IssuedToken {
  switch (answer.kind) {
    case 'issued':
      return answer.token
    case 'undecided':
      throw answer.error
    case 'rejected': {
      const message = `The server rejected the credentials (status ${answer.status}). Ask for the credentials again.`
      throw new AuthError('ERR_AUTH_LOGIN_REJECTED', message, answer)
    }
  }
}

/**
 * Reads the answer to `restore()`. `undefined` if the server knows no session. Only an explicit
 * rejection ends a session that the client knows.
 *
 * @throws AuthError if the server has not answered conclusively
 */
export function readRestoreAnswer(
  answer: TokenAnswer,
  isSessionKnown: boolean
): IssuedToken | undefined {
  if (answer.kind === 'issued') return answer.token
  if (answer.kind === 'undecided' && (isSessionKnown || !answer.meansNoSession)) throw answer.error
  return undefined
}
