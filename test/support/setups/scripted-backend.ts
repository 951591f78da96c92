// Scripted backend: the auth requests of a contract, answered as a test says and recorded.
import type { AuthContract } from 'everbearer'
import { createEndpoints } from '../../../src/auth-api/endpoints.ts'
import { createNotices } from '../../../src/auth-api/notices.ts'
import { createTokenRequest, type TokenRequest } from '../../../src/auth-api/token-request.ts'
import type { RefreshContext } from '../../../src/contract/endpoints.ts'
import { createDecide } from '../../../src/lib/answer-rules.ts'
import { createPlatform } from '../../../src/lib/platform.ts'
import { createWaits } from '../../../src/lib/time.ts'
import { createUrlPolicy } from '../../../src/lib/url.ts'
import { createTokenRefusal } from '../../../src/request/token-refusal.ts'
import { readContract } from '../../../src/resolve-contract.ts'
import { createManualClock } from '../clocks/manual-clock.ts'

export interface SentAuthRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly credentials: string | undefined
  readonly keepalive: boolean | undefined
}

export interface ScriptedAnswer {
  readonly status?: number
  /** Sent as JSON, or as it is if it is a string. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface ScriptedBackend {
  readonly tokenRequest: TokenRequest
  readonly sent: readonly SentAuthRequest[]
  readonly warnings: readonly string[]
  /** Lets time pass for the functions of the contract. */
  tick(ms: number): void
  /** Answers the next requests to a path, in order. `unreachable` rejects like a dead network. */
  answer(path: string, ...answers: readonly (ScriptedAnswer | 'unreachable')[]): void
}

export const backendOrigin = 'https://api.app.example'
export const refreshTimeoutMs = 10_000
export const nowMs: number = Date.parse('2026-01-01T00:00:00Z')

export function setUpBackend(
  contract: AuthContract<unknown> = {},
  cookies: Readonly<Record<string, string>> = {},
  pageUrl = 'https://app.example/'
): ScriptedBackend {
  const clock = createManualClock()
  const sent: SentAuthRequest[] = []
  const warnings: string[] = []
  const scripts = new Map<string, (ScriptedAnswer | 'unreachable')[]>()

  async function fetch(url: string, init: RequestInit): Promise<Response> {
    const { method = 'GET', body, credentials, keepalive } = init
    const headers = Object.fromEntries(new Headers(init.headers))
    sent.push({ method, url, headers, body: body as string | undefined, credentials, keepalive })
    const answer = scripts.get(new URL(url).pathname)?.shift() ?? { status: 404 }
    if (answer === 'unreachable') throw new TypeError('fetch failed')
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    return new Response(text ?? null, {
      status: answer.status ?? 200,
      headers: answer.headers ?? {}
    })
  }

  const platform = createPlatform({
    fetch,
    now: () => nowMs,
    pageUrl: () => pageUrl,
    warn: (message) => warnings.push(message),
    readCookie: (name) => cookies[name]
  })
  const decide = createDecide(createWaits(clock.platform), refreshTimeoutMs)
  const resolved = readContract(contract, 'contract')
  const endpoints = createEndpoints(
    { baseURL: backendOrigin, contract: resolved },
    pageUrl,
    createUrlPolicy(pageUrl, false)
  )
  const trusts = (url: string) => new URL(url).origin === backendOrigin
  return {
    tokenRequest: createTokenRequest(platform, {
      contract: resolved,
      endpoints,
      trusts,
      isTokenRefusal: createTokenRefusal({ contract: resolved, decide }).refuses,
      decide,
      notices: createNotices(platform)
    }),
    sent,
    warnings,
    tick: clock.tick,
    answer: (path, ...answers) => void scripts.set(path, [...answers])
  }
}

/** The context of a refresh in a session that holds both tokens. */
export function refreshContext(held: Partial<RefreshContext> = {}): RefreshContext {
  return {
    accessToken: 'access-1',
    refreshToken: 'refresh-1',
    idempotencyKey: 'key-1',
    signal: new AbortController().signal,
    ...held
  }
}
