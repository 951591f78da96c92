// Refresh request: one POST to the refresh endpoint, under a stored idempotency key and with a time
// limit.
import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import type { Session } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { isUnanswered, unexpected } from './outcome.ts'

export interface RefreshRequestDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'attempts'>
  readonly tokenRequest: Pick<TokenRequest, 'refresh'>
  readonly platform: Pick<Platform, 'setTimer'>
  readonly refreshAbandonMs: number
}

export interface RefreshRequest {
  /** Never rejects. `generation` is that of the token that was held when the request was sent. */
  send(): Promise<{ readonly answer: TokenAnswer; readonly generation: number }>
  abortAll(): void
}

export function createRefreshRequest(options: RefreshRequestDeps): RefreshRequest {
  const { session, tokenRequest, platform, refreshAbandonMs } = options
  const { attempts } = options.tabs
  const inFlight = new Set<AbortController>()

  async function ask(attempt: string, signal: AbortSignal): Promise<TokenAnswer> {
    try {
      const { accessToken, refreshToken } = session.held() ?? {}
      const answer = await tokenRequest.refresh({ attempt, signal, accessToken, refreshToken })
      if (answer.kind !== 'undecided') attempts.close(attempt)
      else if (!isUnanswered(answer.error)) attempts.fail(attempt)
      return answer
    } catch (error) {
      attempts.fail(attempt)
      return { kind: 'undecided', error: error instanceof AuthError ? error : unexpected() }
    }
  }

  return {
    async send() {
      const generation = session.generation()
      // A retry after a lost answer has the same key, so that the server can repeat the answer.
      const attempt = attempts.begin()
      const abandoned = new AbortController()
      inFlight.add(abandoned)
      const cancel = platform.setTimer(() => abandoned.abort(), refreshAbandonMs)
      const answer = await ask(attempt, abandoned.signal)
      cancel()
      inFlight.delete(abandoned)
      return { answer, generation }
    },
    abortAll() {
      for (const abandoned of inFlight) abandoned.abort()
    }
  }
}
