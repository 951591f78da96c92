// The control API: what a test in another process may tell the server, under the names that its methods have.
import { createEndpointReader, type MockEndpoint, matches } from '../calls/call.ts'
import type { MockFault } from '../controls/faults.ts'
import type { MockGate } from '../controls/gates.ts'
import { isAllowedOrigin } from '../http/cross-origin.ts'
import {
  headerValue,
  json,
  noContent,
  parseUrl,
  readJsonBody,
  refusal,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import { invalid, methodOptions } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'

/** What stands before every path of the control API. */
const controlPath = '/__mock/'

type Arguments = Readonly<Record<string, unknown>>
type Command = (given: Arguments, signal: AbortSignal | undefined) => unknown

/** The arguments of each command; the others take none. */
const takes: Readonly<Record<string, readonly string[]>> = {
  calls: ['route'],
  'rotate-key': ['alg', 'kid', 'by', 'reason'],
  'publish-key': ['alg', 'kid', 'by', 'reason'],
  'activate-key': ['kid'],
  'retire-key': ['kid'],
  'emergency-rotate': ['alg', 'kid', 'by', 'reason'],
  'sign-in': ['user', 'url'],
  'end-session': ['sid'],
  'expire-session': ['sid'],
  revoke: ['jti'],
  'bump-token-version': ['user'],
  'fail-next': ['endpoint', 'fault', 'times', 'after'],
  hold: ['endpoint', 'after'],
  arrived: ['gate', 'count'],
  release: ['gate'],
  advance: ['seconds'],
  freeze: ['at']
}

export interface Control {
  owns(request: Pick<WireRequest, 'url'>): boolean
  handle(request: WireRequest): Promise<WireResponse>
  /** The methods and paths there are. */
  readonly routes: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[]
}

/**
 * Whoever may use it can do anything to the server. The door has to see to it that the request comes from this machine;
 * here a page of another site is refused, which a browser on this machine may be showing.
 */
export function createControl(server: MockAuthServer): Control {
  const readEndpoint = createEndpointReader(server.routes.map(({ route }) => route))
  const gates = new Map<string, MockGate>()
  let gateCount = 0

  const gatesFor = (id: unknown): readonly MockGate[] => {
    if (id === undefined) return [...gates.values()]
    const gate = gates.get(String(id))
    if (gate === undefined) throw new TypeError(`there is no gate ${JSON.stringify(id)}`)
    return [gate]
  }

  const readings: Readonly<Record<string, Command>> = {
    calls({ route }) {
      if (route === undefined) return server.calls
      const endpoint = readEndpoint('calls', route)
      return server.calls.filter((call) => matches(endpoint, call.route))
    },
    violations: () => server.violations,
    keys: () => server.keys,
    'key-audit': () => server.keyAudit,
    sessions: () => server.sessions
  }
  const commands: Readonly<Record<string, Command>> = {
    'rotate-key': (change) => server.rotateKey(change),
    'publish-key': (change) => server.publishKey(change),
    'activate-key': ({ kid }) => server.activateKey(String(kid)),
    'retire-key': ({ kid }) => server.retireKey(kid as string | undefined),
    'emergency-rotate': (change) => server.emergencyRotate(change),
    'sign-in': ({ user, url }) =>
      server.signIn(user as string | undefined, url as string | undefined),
    'end-session': ({ sid }) => server.endSession(String(sid)),
    'end-sessions': () => server.endSessions(),
    'expire-session': ({ sid }) => server.expireSession(String(sid)),
    'expire-access-tokens': () => server.expireAccessTokens(),
    revoke: ({ jti }) => server.revoke(jti as string),
    'revoke-access-tokens': () => server.revokeAccessTokens(),
    'bump-token-version': ({ user }) => ({
      version: server.bumpTokenVersion(user as string | undefined)
    }),
    'fail-next': ({ endpoint, fault, times, ...options }) => {
      // JSON knows no infinity, so it comes as a word.
      const count = times === 'Infinity' ? Infinity : times
      const more = count === undefined ? {} : { times: count as number }
      server.failNext(endpoint as MockEndpoint, fault as MockFault, { ...options, ...more })
    },
    hold({ endpoint, ...options }) {
      const gate = server.hold(endpoint as MockEndpoint, options)
      gateCount += 1
      const id = `gate-${gateCount}`
      gates.set(id, gate)
      return { gate: id }
    },
    async arrived({ gate, count = 1 }, signal) {
      if (gate === undefined) throw invalid('gate', 'the name of a gate', 'undefined', 'arrived')
      const all = gatesFor(gate).map((held) => held.arrived(Number(count)))
      await Promise.race([Promise.all(all), whenLeft(signal)])
    },
    release: ({ gate }) => {
      for (const held of gatesFor(gate)) held.release()
    },
    advance: ({ seconds }) => server.clock.advance(seconds as number),
    freeze: ({ at }) =>
      server.clock.freeze(typeof at === 'string' ? new Date(at) : (at as undefined)),
    'reset-clock': () => server.clock.reset(),
    idle: () => server.idle(),
    reset() {
      gates.clear()
      server.reset()
    }
  }

  const run = async (request: WireRequest, name: string): Promise<WireResponse> => {
    const command = own(request.method === 'GET' ? readings : commands, name)
    if (command === undefined) {
      return own({ ...readings, ...commands }, name) === undefined
        ? refusal(404, 'not_found', `there is no ${controlPath}${name}`)
        : refusal(405, 'method_not_allowed', 'readings are a GET, commands a POST')
    }
    const body = await readJsonBody(request)
    if (body.kind === 'refused') return body.decision.response
    const query = Object.fromEntries(new URL(request.url).searchParams)
    try {
      const given = methodOptions<Arguments>(
        name,
        { ...query, ...body.value },
        own(takes, name) ?? []
      )
      const result = await command(given, request.signal)
      return result === undefined ? noContent() : json(200, result)
    } catch (error) {
      return refusal(400, 'invalid_request', error instanceof Error ? error.message : String(error))
    }
  }

  return {
    routes: [
      ...Object.keys(commands).map((name) => ({
        method: 'POST' as const,
        path: controlPath + name
      })),
      ...Object.keys(readings).map((name) => ({ method: 'GET' as const, path: controlPath + name }))
    ],
    owns: ({ url }) => parseUrl(url)?.pathname.startsWith(controlPath) === true,
    async handle(request) {
      const url = parseUrl(request.url)
      const origin = headerValue(request, 'origin')
      // The host as well: a name that somebody else's DNS points at this machine is another site's page (rebinding).
      const isHome = url !== undefined && isAllowedOrigin('loopback', url.origin)
      if (!isHome || (origin !== undefined && !isAllowedOrigin('loopback', origin))) {
        return refusal(403, 'cross_site', 'the control API answers to this machine only')
      }
      const response =
        request.method === 'OPTIONS'
          ? noContent()
          : await run(request, url.pathname.slice(controlPath.length))
      return origin === undefined ? response : forPage(response, origin)
    }
  }
}

/** Rejects when nobody waits for the answer any more. */
function whenLeft(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** A page of this machine may read the answer, whatever the server's own rules for pages are. */
function forPage(response: WireResponse, origin: string): WireResponse {
  return {
    ...response,
    headers: [
      ...response.headers,
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Methods', 'GET, POST'],
      ['Access-Control-Allow-Headers', 'Content-Type'],
      ['Vary', 'Origin']
    ]
  }
}
