// Auth request: builds a request of the contract, sends it and reads the answer.

import type { ResolvedCarrier, ResolvedEndpoint } from '../contract/resolved-contract.ts'
import { formatCredential } from '../lib/credential.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { isRedirect } from '../lib/responses.ts'
import { type Answered, readResponse } from './answers/answer.ts'
import { type UndecidedAnswer, undecided } from './answers/token-answer.ts'

type Entry = readonly [name: string, value: string]

interface AuthRequest {
  readonly endpoint: ResolvedEndpoint
  readonly url: string
  /** Fields beside the constant ones of the contract. They win over those. */
  readonly fields: object
  /** Values, such as tokens, and how the request carries them. They win over all constant ones. */
  readonly carried: readonly Carried[]
  /**
   * Whether the request outlives the page. If a rotated cookie is lost, the next refresh sends the
   * old one, which the server takes for theft.
   */
  readonly keepalive: boolean
}

/** A value that is `undefined` is left out. */
export type Carried = readonly [carrier: ResolvedCarrier, value: string | undefined]

/** Sends an auth request. Never rejects. */
export type SendAuthRequest = (
  request: AuthRequest,
  signal: AbortSignal
) => Promise<Answered | UndecidedAnswer>

/** Browsers allow 64 KiB for all requests that outlive a page (Fetch standard, 4.6). */
const longestKeepaliveBytes = 60_000

export function createSendAuthRequest(
  platform: Pick<Platform, 'fetch' | 'readCookie'>
): SendAuthRequest {
  function readCsrf({ csrf }: ResolvedEndpoint): readonly Entry[] {
    if (csrf === undefined) return []
    const token = platform.readCookie(csrf.cookie) ?? ''
    return /^[\x20-\x7e]+$/.test(token) ? [[csrf.header, token]] : []
  }

  return async ({ endpoint, url, fields, carried, keepalive }, signal) => {
    const { origin, pathname } = new URL(url)
    const where = `${endpoint.method} ${origin}${pathname}`
    const body = encodeBody(endpoint, url, { ...endpoint.fields, ...fields, ...inFields(carried) })
    const headers = byName([
      ['Accept', 'application/json'],
      ...(body.type === undefined ? [] : [['Content-Type', body.type] as const]),
      ...Object.entries(endpoint.headers),
      ...readCsrf(endpoint),
      ...inHeaders(carried)
    ])

    const init = {
      method: endpoint.method,
      headers,
      ...(body.text === undefined ? {} : { body: body.text }),
      credentials: endpoint.cookies ? 'include' : 'omit',
      keepalive: keepalive && byteLength(body.text) <= longestKeepaliveBytes,
      cache: 'no-store',
      redirect: 'manual',
      signal
    } satisfies RequestInit

    try {
      // A request that was given up may go on here, and a replaced `fetch` may ignore the signal.
      signal.throwIfAborted()
      const response = await platform.fetch(body.url, withoutPrototype(init))
      if (!isRedirect(response)) return await readResponse(where, response)
      response.body?.cancel().catch(() => {})
      return undecided(redirected(where), false, true)
    } catch {
      // Error names differ per engine and adapter, so the signal identifies a timeout.
      return undecided(unanswered(where, signal))
    }
  }
}

function inFields(carried: readonly Carried[]): object {
  return Object.fromEntries(
    carried.flatMap(([carrier, value]) =>
      carrier.in === 'field' && value !== undefined ? [[carrier.field, value]] : []
    )
  )
}

function inHeaders(carried: readonly Carried[]): readonly Entry[] {
  return carried.flatMap(([carrier, value]) =>
    carrier.in === 'header' && value !== undefined
      ? [[carrier.header, formatCredential(carrier, value)] as const]
      : []
  )
}

/** A name in another case names the same header; the last value of it wins. */
function byName(headers: readonly Entry[]): Record<string, string> {
  const last = new Map(headers.map((header) => [header[0].toLowerCase(), header]))
  return withoutPrototype(Object.fromEntries(last.values()))
}

interface EncodedBody {
  readonly url: string
  readonly type?: string
  readonly text?: string
}

function encodeBody({ body }: ResolvedEndpoint, url: string, fields: object): EncodedBody {
  if (body === 'json') return { url, type: 'application/json', text: JSON.stringify(fields) }
  const target = new URL(url)
  const form = body === 'form' ? new URLSearchParams() : target.searchParams
  setFields(form, fields, (name) => name)
  return body === 'form'
    ? { url, type: 'application/x-www-form-urlencoded', text: form.toString() }
    : { url: target.href }
}

/** A form has a nested value in a field such as `user[name]`, as PHP, Rails and Express read it. */
function setFields(form: URLSearchParams, fields: object, labelOf: (name: string) => string): void {
  for (const [name, value] of Object.entries(fields)) {
    const label = labelOf(name)
    const isNested = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isNested) setFields(form, value, (inner) => `${label}[${inner}]`)
    else form.set(label, typeof value === 'string' ? value : JSON.stringify(value))
  }
}

function byteLength(text = ''): number {
  return new TextEncoder().encode(text).length
}

// `fetch` also reads inherited options, and `Object.prototype` may be polluted.
function withoutPrototype<Init extends object>(init: Init): Init {
  return Object.assign(Object.create(null), init)
}

function unanswered(where: string, signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', `${where} got no answer in time.`)
    : new AuthError(
        'ERR_AUTH_NETWORK',
        `${where} got no answer: the network or the server is down, or its CORS headers do not allow this origin with credentials.`
      )
}

function redirected(where: string): AuthError {
  return new AuthError(
    'ERR_AUTH_NETWORK',
    `${where} was redirected. An auth request follows no redirect, because its target would get the credentials. Set the path in the contract to the final URL: often only the slash at its end differs.`
  )
}
