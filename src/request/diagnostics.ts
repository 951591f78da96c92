// Developer warnings: report likely set-up mistakes, once per client and in development only.
// They contain neither tokens nor query strings.

import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import { callLater } from '../lib/listeners.ts'
import type { Platform } from '../lib/platform.ts'
import { parseUrl, type TrustedOrigins } from '../lib/url.ts'
import type { Emitter, TokenFacts } from '../session/events.ts'

export interface Diagnostics {
  /** Notes a request that is sent without the token because its URL is not trusted. */
  noteUntrusted(url: string | undefined): void
  /** Notes the answer to a request that carried the token. */
  noteAnswer(answer: {
    readonly status: number
    readonly finalUrl: string | undefined
    readonly reissuedHeader: unknown
  }): void
  /** Wraps the auth requests, to notice those that CORS blocks. */
  watch(tokenRequest: TokenRequest): TokenRequest
}

interface DiagnosticsDeps {
  readonly platform: Pick<Platform, 'pageUrl' | 'isOnline' | 'warn'>
  readonly origins: TrustedOrigins
  readonly emitter: Emitter
  readonly reissuedTokenHeader: string
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
  /** The URL of an auth endpoint. `undefined` if a function of the app replaces it. */
  readonly endpoint: (name: 'login' | 'refresh') => string | undefined
}

/** Returns `undefined` in production. */
export function createDiagnostics(deps: DiagnosticsDeps): Diagnostics | undefined {
  try {
    // Bundlers replace exactly this expression, and drop the diagnostics from a production build.
    if (process.env.NODE_ENV !== 'production') return createDevelopmentDiagnostics(deps)
  } catch {
    // A page without a bundler has no `process`.
  }
  return undefined
}

function createDevelopmentDiagnostics(deps: DiagnosticsDeps): Diagnostics {
  const { platform, origins, emitter, reissuedTokenHeader, sendIdempotencyKey, endpoint } = deps
  const warned = new Set<string>()

  function warnOnce(subject: 'http' | 'cors' | 'expose', message: string): void {
    if (warned.has(subject)) return
    warned.add(subject)
    callLater(() => platform.warn(`everbearer: ${message}`))
  }

  /** The origin of a cross-origin URL. `undefined` if CORS does not apply. */
  function foreignOrigin(url: string | undefined): string | undefined {
    const page = parseUrl(platform.pageUrl() ?? '')
    const target = url === undefined ? undefined : parseUrl(url, page?.href)
    return page === undefined || target?.origin === page.origin ? undefined : target?.origin
  }

  let kid: string | undefined
  /** The last foreign origin that answered the held token without a readable header. */
  let silentOrigin: string | undefined
  let isHeaderReadable = false

  function follow(token: TokenFacts): void {
    kid = token.kid
    silentOrigin = undefined
  }
  emitter.on('signed-in', ({ token }) => follow(token))
  emitter.on('reissued', ({ token }) => follow(token))
  emitter.on('refreshed', ({ token, reason }) => {
    const isNewKey = kid !== undefined && token.kid !== undefined && token.kid !== kid
    // After a refusal the old key was gone, so the server could not re-issue the token. The answers
    // that another tab received are unknown here.
    const mayHaveMissed = isNewKey && reason !== 'refusal' && reason !== 'other-tab'
    if (mayHaveMissed && silentOrigin !== undefined && !isHeaderReadable) {
      warnOnce(
        'expose',
        `the signing key changed, but no response from ${silentOrigin} had a readable re-issued token in its ${reissuedTokenHeader} header. If that server re-issues tokens, it must send "Access-Control-Expose-Headers: ${reissuedTokenHeader}". A "*" has no effect for requests with credentials.`
      )
    }
    follow(token)
  })

  let wasAnswered = false

  async function watchOne(
    name: 'login' | 'refresh',
    asking: Promise<TokenAnswer>
  ): Promise<TokenAnswer> {
    const answer = await asking
    const isUnanswered = answer.kind === 'undecided' && answer.error.code === 'ERR_AUTH_NETWORK'
    if (!isUnanswered) wasAnswered = true
    else if (!wasAnswered && platform.isOnline()) warnOfCors(endpoint(name))
    return answer
  }

  function warnOfCors(url: string | undefined): void {
    const page = parseUrl(platform.pageUrl() ?? '')
    if (url === undefined || page === undefined || !foreignOrigin(url)) return
    const { origin, pathname } = new URL(url)
    const key = sendIdempotencyKey === 'always' ? ', Idempotency-Key' : ''
    warnOnce(
      'cors',
      `POST ${origin}${pathname} got no response, although the device is online. If the server is up, CORS blocks the request, or the path does not exist: check baseURL and paths. For CORS, the preflight and the response need "Access-Control-Allow-Origin: ${page.origin}" and "Access-Control-Allow-Credentials: true". The preflight also needs "Access-Control-Allow-Headers: Authorization, Content-Type${key}".`
    )
  }

  return {
    noteUntrusted(url) {
      const target = url === undefined ? undefined : parseUrl(url, platform.pageUrl())
      if (target?.protocol !== 'http:') return
      const { origin } = target
      target.protocol = 'https:'
      if (!origins.trusts(target.href)) return
      warnOnce('http', `a request to ${origin} was sent without the access token; use https.`)
    },
    noteAnswer({ status, finalUrl, reissuedHeader }) {
      const origin = foreignOrigin(finalUrl)
      if (origin === undefined || status === 401) return
      if (reissuedHeader == null) silentOrigin = origin
      else isHeaderReadable = true
    },
    watch: (tokenRequest) => ({
      ...tokenRequest,
      login: (...call) => watchOne('login', tokenRequest.login(...call)),
      refresh: (...call) => watchOne('refresh', tokenRequest.refresh(...call))
    })
  }
}
