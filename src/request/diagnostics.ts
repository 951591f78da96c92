// Developer warnings: report likely set-up mistakes, once per client and in development only.
// They contain neither tokens nor query strings.

import type { TokenAnswer } from '../auth-api/answers/token-answer.ts'
import type { Endpoints } from '../auth-api/endpoints.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { describeOtherScheme } from '../lib/credential.ts'
import { callLater } from '../lib/listeners.ts'
import type { Platform } from '../lib/platform.ts'
import { isExposed, parseUrl, type TrustedOrigins } from '../lib/url.ts'
import type { Emitter, TokenFacts } from '../session/events.ts'
import type { HeldToken } from '../session/held-token.ts'
import { corsAdvice } from './cors-advice.ts'
import type { IncomingAnswer } from './transport.ts'

export interface Diagnostics {
  /** Notes a request that is sent without the token because its URL is not trusted. */
  noteUntrusted(url: string | undefined): void
  /** Notes the answer to a request that carried the token `carried`. */
  noteAnswer(answer: IncomingAnswer<unknown>, carried: HeldToken, isRefused: boolean): void
  /** Wraps the auth requests, to notice those that CORS blocks. */
  watch(tokenRequest: TokenRequest): TokenRequest
}

interface DiagnosticsDeps {
  readonly platform: Pick<Platform, 'pageUrl' | 'isOnline' | 'warn' | 'now'>
  readonly origins: TrustedOrigins
  readonly emitter: Emitter
  readonly contract: ResolvedContract
  readonly baseURL: string
  readonly trustedOrigins: readonly string[] | undefined
  readonly endpoints: Pick<Endpoints, 'resolve'>
}

type Warning = 'http' | 'exposed' | 'cors' | 'reissue' | 'scheme'

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

/**
 * A warning may be wrong this often. The client does not see when the key changed, so an answer
 * before the change looks like a hidden header.
 */
const greatestDoubt = 0.01

/** A key that changes directly after an answer may have changed before it, by the clock. */
const clockGrainMs = 1000

/** A server may revoke one token. */
const suspectRefusals = 2

function createDevelopmentDiagnostics(deps: DiagnosticsDeps): Diagnostics {
  const { platform, origins, emitter, contract, baseURL, trustedOrigins = [], endpoints } = deps
  const { reissue } = contract
  const warned = new Set<string>()

  function warnOnce(subject: Warning, message: string): void {
    if (warned.has(subject)) return
    warned.add(subject)
    callLater(() => platform.warn(`everbearer: ${message}`))
  }

  function noteExposed(url: string): void {
    const target = parseUrl(url, platform.pageUrl())
    if (target === undefined || !isExposed(target)) return
    warnOnce(
      'exposed',
      `the access token may travel to ${target.origin} over http, and the network can read it. Use https in production.`
    )
  }
  for (const url of [baseURL === '' ? '/' : baseURL, ...trustedOrigins]) noteExposed(url)

  /** The origin of a cross-origin URL. `undefined` if CORS does not apply. */
  function foreignOrigin(url: string | undefined): string | undefined {
    const page = parseUrl(platform.pageUrl() ?? '')
    const target = url === undefined ? undefined : parseUrl(url, page?.href)
    return page === undefined || target?.origin === page.origin ? undefined : target?.origin
  }

  let held: TokenFacts | undefined
  /** The last answer from another origin to the held token, without a readable header. */
  let silent: { readonly origin: string; readonly atMs: number } | undefined
  let isHeaderReadable = false
  /** How likely it is that each key changed after the last silent answer. */
  let doubt = 1
  /** How many tokens without a `kid` were refused before they expired. */
  let refusals = 0

  function follow(token: TokenFacts): void {
    held = token
    silent = undefined
  }
  emitter.on('signed-in', ({ token }) => follow(token))
  emitter.on('reissued', ({ token }) => follow(token))
  emitter.on('refreshed', ({ token, reason }) => {
    if (held && silent && reissue && !isHeaderReadable) {
      const { receivedAtMs, lifetimeSeconds = 0, kid } = held
      const isKeyKnown = kid !== undefined && token.kid !== undefined
      // After a refusal the old key was gone, so the server could not re-issue the token. The
      // answers that another tab received are unknown here.
      if (isKeyKnown && token.kid !== kid && reason !== 'refusal' && reason !== 'other-tab') {
        // The key may have changed at any time since the token was received.
        const sinceToken = Math.max(clockGrainMs, token.receivedAtMs - receivedAtMs)
        const sinceSilent = Math.max(0, token.receivedAtMs - silent.atMs) + clockGrainMs
        doubt *= Math.min(1, sinceSilent / sinceToken)
        if (doubt <= greatestDoubt) {
          warnOfHiddenHeader('the signing key changed', silent.origin, reissue.header)
        }
      }
      const isAlive = token.receivedAtMs < receivedAtMs + lifetimeSeconds * 1000
      if (!isKeyKnown && reason === 'refusal' && isAlive) refusals += 1
      if (refusals >= suspectRefusals) {
        const sign = 'the server refused tokens that had not expired'
        warnOfHiddenHeader(sign, silent.origin, reissue.header)
      }
    }
    follow(token)
  })

  function warnOfHiddenHeader(sign: string, origin: string, header: string): void {
    warnOnce(
      'reissue',
      `${sign}, but no response from ${origin} had a readable re-issued token in its ${header} header. If that server re-issues tokens, it must send "Access-Control-Expose-Headers: ${header}". A "*" has no effect for requests with credentials.`
    )
  }

  let wasAnswered = false

  async function watchOne(
    name: 'login' | 'refresh',
    asking: Promise<TokenAnswer>
  ): Promise<TokenAnswer> {
    const answer = await asking
    const isUnanswered =
      answer.kind === 'undecided' &&
      answer.error.code === 'ERR_AUTH_NETWORK' &&
      !answer.wasRedirected
    const format = contract[name]
    if (!isUnanswered) wasAnswered = true
    if (typeof format !== 'object') return answer
    const url = endpoints.resolve(name, format)
    noteExposed(url)
    const page = parseUrl(platform.pageUrl() ?? '')
    if (!wasAnswered && page && platform.isOnline() && foreignOrigin(url) !== undefined) {
      warnOnce('cors', corsAdvice(contract, name, format, new URL(url), page.origin))
    }
    return answer
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
    noteAnswer({ status, finalUrl, reissuedHeader }, carried, isRefused) {
      const otherScheme = reissue && describeOtherScheme(reissue, reissuedHeader)
      if (otherScheme) {
        warnOnce(
          'scheme',
          `a response cannot re-issue the token: ${otherScheme}. Set the scheme in contract.reissue; if the header holds another value, set contract.reissue: false.`
        )
      }
      const origin = foreignOrigin(finalUrl)
      if (origin === undefined || status === 401 || isRefused) return
      if (typeof reissuedHeader === 'string') isHeaderReadable = true
      else if (carried.generation === held?.generation) silent = { origin, atMs: platform.now() }
    },
    watch: (tokenRequest) => ({
      ...tokenRequest,
      login(credentials) {
        const send = tokenRequest.login(credentials)
        return (context) => watchOne('login', send(context))
      },
      refresh: (...call) => watchOne('refresh', tokenRequest.refresh(...call))
    })
  }
}
