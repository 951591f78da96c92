// What a developer should be told: once per client, in development only, and without a token or a query.

import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import { callLater } from '../lib/listeners.ts'
import type { Platform } from '../lib/platform.ts'
import { parseUrl } from '../lib/url.ts'
import type { Emitter, TokenFacts } from '../session/events.ts'
import type { IncomingAnswer } from './transport.ts'
import type { TrustedOrigins } from './trusted-origins.ts'

export interface Diagnostics {
  /** A request goes out without the token, because its URL is not trusted. */
  noteUntrusted(url: string | undefined): void
  /** A request that carried the token was answered. */
  noteAnswer(answer: Pick<IncomingAnswer<unknown>, 'status' | 'finalUrl' | 'reissuedHeader'>): void
  /** The same auth requests, watched. */
  watch(tokenRequest: TokenRequest): TokenRequest
}

export interface DiagnosticsDeps {
  readonly platform: Pick<Platform, 'pageUrl' | 'isOnline' | 'warn'>
  readonly origins: TrustedOrigins
  readonly emitter: Emitter
  readonly reissuedTokenHeader: string
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
  /** The URL of an auth endpoint; `undefined` where an app's function stands in for it. */
  readonly endpoint: (name: 'login' | 'refresh') => string | undefined
}

export function createDiagnostics(options: DiagnosticsDeps): Diagnostics {
  const { platform, origins, emitter, reissuedTokenHeader } = options
  const warned = new Set<string>()

  function warnOnce(subject: 'twin' | 'cors' | 'expose', message: string): void {
    if (warned.has(subject)) return
    warned.add(subject)
    callLater(() => platform.warn(`everbearer: ${message}`))
  }

  /** The origin of a URL that is not the page's own; `undefined` where CORS has no say. */
  function foreignOrigin(url: string | undefined): string | undefined {
    const page = parseUrl(platform.pageUrl() ?? '')
    const target = url === undefined ? undefined : parseUrl(url, page?.href)
    return page === undefined || target?.origin === page.origin ? undefined : target?.origin
  }

  let kid: string | undefined
  let wasAnsweredFrom: string | undefined
  let isHeaderReadable = false

  function holdFrom(token: TokenFacts): void {
    kid = token.kid
    wasAnsweredFrom = undefined
  }
  emitter.on('signed-in', ({ token }) => holdFrom(token))
  emitter.on('reissued', ({ token }) => holdFrom(token))
  emitter.on('refreshed', ({ token, reason }) => {
    const isNewKey = kid !== undefined && token.kid !== undefined && token.kid !== kid
    // After a refusal the old key was gone, and there was nothing to re-issue; what a sibling tab saw is not known here.
    const mayHaveMissed = isNewKey && reason !== 'refusal' && reason !== 'other-tab'
    if (mayHaveMissed && wasAnsweredFrom !== undefined && !isHeaderReadable) {
      warnOnce(
        'expose',
        `the signing key changed, and no answer of ${wasAnsweredFrom} showed a re-issued token in its ${reissuedTokenHeader} header. If that server re-issues tokens, its answers lack the line "Access-Control-Expose-Headers: ${reissuedTokenHeader}"; a "*" does not count next to credentials.`
      )
    }
    holdFrom(token)
  })

  let wasAnswered = false

  async function watchOne(
    name: 'login' | 'refresh',
    asking: Promise<TokenAnswer>
  ): Promise<TokenAnswer> {
    const answer = await asking
    const isUnanswered = answer.kind === 'undecided' && answer.error.code === 'ERR_AUTH_NETWORK'
    if (!isUnanswered) wasAnswered = true
    else if (!wasAnswered && platform.isOnline()) warnOfCors(options.endpoint(name))
    return answer
  }

  function warnOfCors(endpoint: string | undefined): void {
    const page = parseUrl(platform.pageUrl() ?? '')
    if (endpoint === undefined || page === undefined || !foreignOrigin(endpoint)) return
    const { origin, pathname } = new URL(endpoint)
    const key = options.sendIdempotencyKey === 'always' ? ', Idempotency-Key' : ''
    warnOnce(
      'cors',
      `POST ${origin}${pathname} got no answer, though the device is online. If the server is up, CORS forbids it: the preflight and the answer need "Access-Control-Allow-Origin: ${page.origin}" and "Access-Control-Allow-Credentials: true", the preflight also "Access-Control-Allow-Headers: Authorization, Content-Type${key}".`
    )
  }

  return {
    noteUntrusted(url) {
      const twin = url === undefined ? undefined : parseUrl(url, platform.pageUrl())
      if (twin?.protocol !== 'http:') return
      const { origin } = twin
      twin.protocol = 'https:'
      if (!origins.trusts(twin.href)) return
      warnOnce('twin', `a request to ${origin} goes without the access token; use https.`)
    },
    noteAnswer({ status, finalUrl, reissuedHeader }) {
      const origin = foreignOrigin(finalUrl)
      if (origin === undefined || status === 401) return
      if (reissuedHeader == null) wasAnsweredFrom = origin
      else isHeaderReadable = true
    },
    watch: (tokenRequest) => ({
      ...tokenRequest,
      login: (...call) => watchOne('login', tokenRequest.login(...call)),
      refresh: (...call) => watchOne('refresh', tokenRequest.refresh(...call))
    })
  }
}
